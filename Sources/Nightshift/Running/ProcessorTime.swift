internal import Foundation

/// Processor time used so far, by users' and the kernel's code.
enum ProcessorTime {
    /// Of this process.
    static var own: Duration { used(by: RUSAGE_SELF.rawValue) }
    /// Of its children that have ended.
    static var children: Duration { used(by: RUSAGE_CHILDREN.rawValue) }

    private static func used(by whom: Int32) -> Duration {
        var usage = rusage()
        guard getrusage(__rusage_who_t(whom), &usage) == 0 else { return .zero }
        return duration(usage.ru_utime) + duration(usage.ru_stime)
    }

    private static func duration(_ time: timeval) -> Duration { .seconds(Int(time.tv_sec)) + .microseconds(Int(time.tv_usec)) }
}
