import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ends the process when a parser is at one input for too long: by its thread's processor time, since on a busy machine a thread
/// may wait for its turn for longer.
final class Watchdog: Sendable {
    private struct Slot {
        var current: (input: FuzzInput, start: Duration)?
        /// The processor time of the thread at work.
        var clock = CLOCK_THREAD_CPUTIME_ID
        var slowest: Duration = .zero
    }

    private let slots: [Mutex<Slot>.Box]
    private static let limit: Duration = .seconds(1)

    init(jobs: Int) { slots = (0..<jobs).map { _ in Mutex<Slot>.Box(Slot()) } }

    func start() {
        DispatchQueue(label: "watchdog").async { [self] in
            while true {
                usleep(100_000)
                for slot in slots {
                    let late = slot.mutex.withLock { slot in
                        slot.current.flatMap { Self.time(slot.clock) - $0.start > Self.limit ? $0.input : nil }
                    }
                    if let late { Self.fail(late, "takes more than \(Self.limit)") }
                }
            }
        }
    }

    func begin(_ job: Int, _ input: FuzzInput) {
        slots[job].mutex.withLock { slot in
            pthread_getcpuclockid(pthread_self(), &slot.clock)
            slot.current = (input, Self.time(slot.clock))
        }
    }

    func end(_ job: Int) {
        slots[job].mutex.withLock { slot in
            if let current = slot.current { slot.slowest = max(slot.slowest, Self.time(slot.clock) - current.start) }
            slot.current = nil
        }
    }

    private static func time(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    var slowest: Duration { slots.map { $0.mutex.withLock { $0.slowest } }.max() ?? .zero }

    /// Leaves the input in a file and ends the process.
    static func fail(_ input: FuzzInput, _ reason: String) -> Never {
        let path = "parser-fuzz.failure"
        if let file = fopen(path, "w") {
            _ = Array(input.text.utf8).withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
            fclose(file)
        }
        print("\(input.target.rawValue), input \(input.index), \(input.text.utf8.count) bytes in \(path): \(reason)")
        exit(1)
    }
}

extension Mutex where Value: Sendable {
    /// A mutex in a list.
    final class Box: Sendable {
        let mutex: Mutex<Value>
        init(_ value: Value) { mutex = Mutex(value) }
    }
}
