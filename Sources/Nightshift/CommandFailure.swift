/// How a command ends, for scripts.
enum ExitStatus: Int32 {
    case done = 0
    case studyFailed = 1
    /// File, flags or data; nothing was written.
    case badInput = 2
    /// The study was stopped by its budget; the best so far was exported.
    case budget = 3
    /// Database unreachable, LM refuses, disk: the same command resumes when that is mended.
    case surroundings = 4
    case interrupted = 130
}

/// A command's end with something to say about it.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }
}
