internal import CEventPoll
internal import Glibc
internal import Synchronization

/// What a file descriptor is ready for, or is to be watched for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Readiness(rawValue: 1)
    package static let write = Readiness(rawValue: 2)
}

/// One epoll thread that is also the executor of the actors bound to it.
///
/// An actor that returns `unownedExecutor` of a loop runs on the loop's thread. From there, and only from there, it may
/// watch descriptors and set timers; their handlers run on the same thread, so the actor enters itself by
/// `assumeIsolated`. libcurl and libpq state is thus touched by one thread without locks.
package final class EventLoop: SerialExecutor {
    /// The loop that the process's HTTP transport and database connections share.
    package static let shared = EventLoop(name: "nightshift-io")

    package struct Timer: Hashable, Sendable { fileprivate let id: UInt64 }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var isAsleep = false
    }

    /// State of the loop's own thread.
    private struct Local {
        var handlers: [Int32: (Readiness) -> Void] = [:]
        var timers: [(deadline: ContinuousClock.Instant, id: UInt64, action: () -> Void)] = []
        var nextTimer: UInt64 = 0
    }

    private let inbox = Mutex(Inbox())
    private let epoll: Int32
    private let wakeup: Int32
    // Safe: only the loop's thread touches it, which every entry point checks by `preconditionOnLoop`.
    private nonisolated(unsafe) var local = Local()
    private let threadID = Mutex<pthread_t?>(nil)

    package init(name: String) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = nightshift_eventfd()
        precondition(epoll >= 0 && wakeup >= 0, "no descriptors left for an event loop")
        control(EPOLL_CTL_ADD, wakeup, .read)
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().run()
                return nil
            }, this.toOpaque())
        precondition(status == 0, "could not start the event loop's thread")
        threadID.withLock { $0 = thread }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasAsleep = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if wasAsleep { eventfd_write(wakeup, 1) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { preconditionOnLoop() }

    private func preconditionOnLoop() {
        let isCurrent = threadID.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
        precondition(isCurrent, "only the loop's own thread may use its descriptors and timers")
    }

    // MARK: Descriptors and timers, for the actors that run here

    /// Watches `descriptor` (level-triggered) and calls `handler` with what it is ready for; an error or a hang-up counts
    /// as both. A second call changes what is watched; an empty set stops the watch.
    package func watch(_ descriptor: Int32, for interest: Readiness, handler: @escaping (Readiness) -> Void) {
        preconditionOnLoop()
        let isKnown = local.handlers[descriptor] != nil
        if interest.isEmpty {
            unwatch(descriptor)
        } else {
            local.handlers[descriptor] = handler
            control(isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, interest)
        }
    }

    /// Stops watching; call it before the descriptor is closed.
    package func unwatch(_ descriptor: Int32) {
        preconditionOnLoop()
        guard local.handlers.removeValue(forKey: descriptor) != nil else { return }
        var event = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    /// Calls `action` once, on the loop, after `delay`.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> Timer {
        preconditionOnLoop()
        local.nextTimer += 1
        let deadline = ContinuousClock.now + delay
        let position = local.timers.firstIndex { $0.deadline > deadline } ?? local.timers.endIndex
        local.timers.insert((deadline, local.nextTimer, action), at: position)
        return Timer(id: local.nextTimer)
    }

    package func cancel(_ timer: Timer) {
        preconditionOnLoop()
        local.timers.removeAll { $0.id == timer.id }
    }

    // MARK: The thread

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness) {
        var event = epoll_event()
        if interest.contains(.read) { event.events |= EPOLLIN.rawValue }
        if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
        event.data.fd = descriptor
        if epoll_ctl(epoll, operation, descriptor, &event) != 0, errno == ENOENT || errno == EEXIST {
            // libcurl may close a descriptor and open another of the same number between two calls.
            _ = epoll_ctl(epoll, operation == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        }
    }

    private func run() {
        while threadID.withLock({ $0 == nil }) { sched_yield() }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            runJobs()
            runTimers()
            let count = epoll_wait(epoll, &events, Int32(events.count), sleepMilliseconds())
            inbox.withLock { $0.isAsleep = false }
            for position in 0..<max(0, Int(count)) { handle(events[position]) }
        }
    }

    private func runJobs() {
        while true {
            let jobs = inbox.withLock { inbox in
                let jobs = inbox.jobs
                inbox.jobs.removeAll(keepingCapacity: true)
                return jobs
            }
            guard !jobs.isEmpty else { return }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    private func runTimers() {
        guard !local.timers.isEmpty else { return }
        let now = ContinuousClock.now
        while let first = local.timers.first, first.deadline <= now {
            local.timers.removeFirst()
            first.action()
        }
    }

    /// How long epoll may sleep: not at all when a job came in meanwhile, else until the next timer.
    private func sleepMilliseconds() -> Int32 {
        let mayBlock = inbox.withLock { inbox in
            inbox.isAsleep = inbox.jobs.isEmpty
            return inbox.isAsleep
        }
        guard mayBlock else { return 0 }
        guard let first = local.timers.first else { return -1 }
        let left = first.deadline - .now
        guard left > .zero else { return 0 }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: milliseconds + 1)
    }

    private func handle(_ event: epoll_event) {
        let descriptor = event.data.fd
        if descriptor == wakeup {
            var value: eventfd_t = 0
            eventfd_read(wakeup, &value)
            return
        }
        var readiness: Readiness = []
        if event.events & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
        if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness = [.read, .write] }
        local.handlers[descriptor]?(readiness)
    }
}
