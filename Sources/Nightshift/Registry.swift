public import Programs
internal import Synchronization

/// A program written in Swift, under the name by which study files call it.
public struct RegisteredProgram: Sendable {
    let name: String
    let host: any ProgramHost

    /// - Parameter version: part of the program's fingerprint: raise it when its behaviour changes.
    public init<P: Program>(_ name: String, _ type: P.Type, version: String = "1") {
        self.name = name
        host = SwiftProgram(type, name: name, version: version)
    }
}

/// The programs that this executable brings along.
enum Registry {
    private static let programs = Mutex<[String: any ProgramHost]>([:])

    static func register(_ new: [RegisteredProgram]) {
        programs.withLock { programs in
            for program in new { programs[program.name] = program.host }
        }
    }

    static func program(_ name: String) -> (any ProgramHost)? { programs.withLock { $0[name] } }
    static var programNames: [String] { programs.withLock { $0.keys.sorted() } }
}
