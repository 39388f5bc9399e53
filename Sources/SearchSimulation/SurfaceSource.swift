internal import JSON

/// Where one surface comes from. Surfaces are large: many runs hold their sources and make one surface at a time.
package enum SurfaceSource: Sendable {
    /// A line of a file, with its number from 1 on.
    case line(Int, [UInt8])
    case generated(SurfaceClass, seed: Int)

    /// - Throws: a ``SurfaceLineError`` for a line that holds no surface.
    package func surface() throws(SurfaceLineError) -> Surface {
        switch self {
        case .generated(let cls, let seed): return Surface(cls, seed: seed)
        case .line(let number, let bytes):
            let json: JSON
            do { json = try JSON(parsing: bytes) } catch { throw SurfaceLineError(line: number, message: "\(error)") }
            do { return try Surface(json: json) } catch { throw SurfaceLineError(line: number, message: "\(error)") }
        }
    }

    /// The lines of a file; empty ones are left out, but counted.
    package static func lines(of file: some Collection<UInt8>) -> [SurfaceSource] {
        file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") } ? nil : .line(index + 1, Array(line))
        }
    }
}

/// What is wrong with a line of a file of surfaces.
package struct SurfaceLineError: Error, Hashable, CustomStringConvertible {
    /// From 1 on.
    package var line: Int
    /// With the place in the line's object: `pairs[2].W[0]: expected 15 elements, not 14`.
    package var message: String

    package init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    package var description: String { "line \(line): \(message)" }
}
