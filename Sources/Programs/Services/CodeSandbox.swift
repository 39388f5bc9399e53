/// Runs code that a model wrote, where it can do no harm.
public protocol CodeSandbox: Sendable {
    /// What the Python `code` printed, without the last line break.
    func run(_ code: String) async throws(CodeFailure) -> String
}

/// Why code gave no result.
public enum CodeFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The code's own error, in the interpreter's words.
    case failed(String)
    /// It ran into a limit of the sandbox: time, memory, output.
    case limit(String)
    /// The sandbox itself can't be used here; no fault of the code.
    case unavailable(String)

    public var description: String {
        switch self {
        case .failed(let message), .limit(let message), .unavailable(let message): message
        }
    }
}
