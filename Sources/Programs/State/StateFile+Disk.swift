public import JSON

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension StateFile {
    /// Writes the file so that at every moment either the old or the new one is there, whole.
    /// - Throws: a ``FileError`` naming the file.
    public func write(_ state: ProgramState, annotations: JSON? = nil, to path: String) throws(FileError) {
        let bytes = Array(text(state, annotations: annotations).utf8)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(path: path, action: "create", code: errno) }
        do throws(FileError) {
            defer { close(descriptor) }
            try Self.write(bytes, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw FileError(path: path, action: "flush", code: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw FileError(path: path, action: "replace", code: code)
        }
        // The new name itself must reach the disk too.
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        fsync(parent)
        close(parent)
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, path: String) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(path: path, action: "write", code: errno) }
            offset += count
        }
    }

    /// Reads the state in a file, ours or DSPy's.
    /// - Throws: a ``FileError``, a `JSONSyntaxError`, or the ``Diagnostics`` of a file that does not fit the program.
    public func load(from path: String) throws -> ProgramState {
        try state(from: try JSON(parsing: try Self.contents(of: path)))
    }

    private static func contents(of path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path, action: "read", code: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}

/// `write(2)`, which `StateFile.write` hides.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }

/// A file that could not be read or written.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Of the file.
    public var path: String
    /// What was tried: open, read, create, write, flush, replace.
    public var action: String
    /// The system's error number.
    public var code: CInt

    public var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
}
