internal import Programs
internal import Synchronization

/// Lets calls of one model at one endpoint pass when its ``RateLimiter`` says so, in the order in which they came.
package final class CallGate: Sendable {
    private typealias Waiter = CheckedContinuation<RateLimiter.Permit?, Never>

    private struct State {
        var limiter: RateLimiter
        /// Of the team; this process has a share of them.
        var limits: CallLimits
        var share = 1.0
        /// Calls that came since somebody looked.
        var asked = 0
        /// In the order in which they came; those before `head` have gone.
        var waiting: [(id: UInt64, tokens: Int, waiter: Waiter?)] = []
        var head = 0
        var lastID: UInt64 = 0
        /// When somebody looks again without a call having ended.
        var alarmAt: Double?

        var first: (id: UInt64, tokens: Int, waiter: Waiter?)? { head < waiting.count ? waiting[head] : nil }

        mutating func removeFirst() {
            head += 1
            guard head > 256, head * 2 > waiting.count else { return }
            waiting.removeFirst(head)
            head = 0
        }
    }

    /// Of the endpoint, for all of its models.
    let breaker: EndpointBreaker
    private let state: Mutex<State>
    private let start = ContinuousClock.now

    package init(limits: CallLimits = CallLimits(), breaker: EndpointBreaker = EndpointBreaker()) {
        self.breaker = breaker
        state = Mutex(State(limiter: RateLimiter(limits: limits), limits: limits))
    }

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// What the user allows; the newest word holds.
    package func allow(_ limits: CallLimits) {
        state.withLock { state in
            state.limits = limits
            state.limiter.limits = limits.scaled(state.share)
        }
        letGo()
    }

    /// What this process has of the team's limits, and how many seconds the team was asked to wait.
    package func share(_ share: Double, pause: Double) {
        let now = now
        state.withLock { state in
            state.share = min(max(share, 0.001), 1)
            state.limiter.limits = state.limits.scaled(state.share)
            if pause > Self.sharedPause { state.limiter.pause(seconds: pause, at: now) }
        }
        letGo()
    }

    /// Calls that came since the last look, those that wait and those under way, nil where there are none; and how long the provider asked to be
    /// left alone, where that is long enough for others to know.
    func demand() -> (calls: Int, pause: Double?)? {
        let now = now
        return state.withLock { state in
            let calls = state.asked + state.waiting.count - state.head + state.limiter.inFlight
            state.asked = 0
            let pause = state.limiter.pause(at: now).map { $0 - now }.flatMap { $0 > Self.sharedPause ? $0 : nil }
            return calls > 0 || pause != nil ? (calls: calls, pause: pause) : nil
        }
    }

    /// Shorter pauses are over before the others have heard of them; their own refusals tell them.
    private static let sharedPause = 3.0

    /// Whether a call would be sent at once: nothing limits calls just now, and the endpoint is there.
    var passesAtOnce: Bool {
        let now = now
        return breaker.isClosed
            && state.withLock { state in
                // Asked of a copy: nothing is taken.
                var limiter = state.limiter
                guard state.first == nil, case .go = limiter.admit(tokens: 0, at: now) else { return false }
                return true
            }
    }

    /// What this process may have of what the user allows.
    var limits: CallLimits { state.withLock { $0.limiter.limits } }

    /// Whether somebody wants to know what calls took.
    var limitsTokens: Bool { state.withLock { $0.limiter.limitsTokens } }

    /// What is found so far: calls per second, nil without a limit; and how many seconds a pause still lasts.
    package typealias Standing = (rate: Double?, pause: Double?, inFlight: Int, waiting: Int)

    package var standing: Standing {
        let now = now
        return state.withLock { state in
            let limiter = state.limiter
            return (
                limiter.rate(at: now), limiter.pause(at: now).map { $0 - now }, limiter.inFlight, state.waiting.count - state.head
            )
        }
    }

    /// Returns when the call may be sent.
    /// - Throws: an error of kind `cancelled` where the task is cancelled.
    func admit(tokens: Int) async throws(LanguageModelError) -> RateLimiter.Permit {
        let now = now
        let (known, id) = state.withLock { state -> (RateLimiter.Permit?, UInt64) in
            state.lastID += 1
            state.asked += 1
            guard state.first == nil, case .go(let permit) = state.limiter.admit(tokens: tokens, at: now) else {
                return (nil, state.lastID)
            }
            state.limiter.idles(at: now)
            return (permit, state.lastID)
        }
        if let known { return known }
        let permit = await CallWait.limits.timed { await wait(id, tokens) }
        guard let permit else { throw LanguageModelError(.cancelled, "the call was cancelled") }
        return permit
    }

    private func wait(_ id: UInt64, _ tokens: Int) async -> RateLimiter.Permit? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isCancelled = state.withLock { state in
                    guard !Task.isCancelled else { return true }
                    state.waiting.append((id, tokens, waiter))
                    return false
                }
                if isCancelled { waiter.resume(returning: nil) } else { letGo() }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// A call that was let pass has ended.
    func ended(_ permit: RateLimiter.Permit, _ ending: RateLimiter.Ending, _ said: ProviderLimits? = nil) {
        let now = now
        state.withLock { state in
            if let said { state.limiter.read(said, of: permit, at: now) }
            state.limiter.ended(permit, ending, at: now)
        }
        letGo()
    }

    /// Lets all pass that may, and looks again when the next one may.
    private func letGo() {
        let now = now
        var passed: [(Waiter, RateLimiter.Permit)] = []
        let alarm = state.withLock { state -> Double? in
            while let next = state.first {
                guard let waiter = next.waiter else {
                    state.removeFirst()
                    continue
                }
                switch state.limiter.admit(tokens: next.tokens, at: now) {
                case .go(let permit):
                    passed.append((waiter, permit))
                    state.removeFirst()
                case .waitForAnother: return nil
                case .wait(let seconds):
                    let due = now + seconds
                    if let known = state.alarmAt, known <= due { return nil }
                    state.alarmAt = due
                    return due
                }
            }
            if passed.isEmpty == false { state.limiter.idles(at: now) }
            return nil
        }
        for (waiter, permit) in passed { waiter.resume(returning: permit) }
        if let alarm { Task { @concurrent in await self.look(at: alarm) } }
    }

    private func look(at due: Double) async {
        try? await Task.sleep(for: .seconds(max(0, due - now)))
        state.withLock { if $0.alarmAt == due { $0.alarmAt = nil } }
        letGo()
    }

    private func leave(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let position = state.waiting[state.head...].firstIndex(where: { $0.id == id }) else { return nil }
            defer { state.waiting[position].waiter = nil }
            return state.waiting[position].waiter
        }
        waiter?.resume(returning: nil)
    }
}

/// The gates of a process: one for each model at each endpoint, whichever study calls it.
package final class CallGates: Sendable {
    private struct Key: Hashable {
        var endpoint: String
        var model: String
    }

    private struct LatencyKey: Hashable {
        var model: Key
        var role: Role
    }

    private let gates = Mutex<[Key: CallGate]>([:])
    private let breakers = Mutex<[String: EndpointBreaker]>([:])
    private let latencies = Mutex<[LatencyKey: LatencyRecord]>([:])
    private let patience: Duration?

    /// - Parameter patience: how long calls to an endpoint that has never answered are held before they fail; nil: for ever.
    package init(patience: Duration? = nil) { self.patience = patience }

    /// What is wanted of each model, of which anything is.
    package func demands() -> [(endpoint: String, model: String, calls: Int, pause: Double?)] {
        var demands: [(endpoint: String, model: String, calls: Int, pause: Double?)] = []
        for (key, gate) in gates.withLock({ $0 }) {
            guard let demand = gate.demand() else { continue }
            demands.append((endpoint: key.endpoint, model: key.model, calls: demand.calls, pause: demand.pause))
        }
        return demands
    }

    /// The endpoints whose calls are held because they are away, and why.
    package func waiting() -> [String: String] { breakers.withLock { $0 }.compactMapValues(\.waiting) }

    /// Where each model's limits stand, in order.
    package var standings: [(endpoint: String, model: String, standing: CallGate.Standing)] {
        gates.withLock { $0 }.map { (endpoint: $0.key.endpoint, model: $0.key.model, standing: $0.value.standing) }
            .sorted { ($0.endpoint, $0.model) < ($1.endpoint, $1.model) }
    }

    /// The endpoints that are away, whether calls wait for them or not, and why.
    package func outages() -> [String: String] { breakers.withLock { $0 }.compactMapValues(\.outage) }

    /// Whether calls of each endpoint are held because it is away.
    package var isAway: [String: Bool] { breakers.withLock { $0 }.mapValues { !$0.isClosed } }

    /// Tells a gate its share of the team's limits, and for how long the team was asked to wait.
    package func share(endpoint: String, model: String, _ share: Double, pause: Double) {
        gates.withLock { $0[Key(endpoint: endpoint, model: model)] }?.share(share, pause: pause)
    }

    /// What answers of the settings' model take in a role.
    func latencies(_ settings: LanguageModelSettings, _ role: Role) -> LatencyRecord {
        let key = LatencyKey(model: Key(endpoint: settings.baseURL, model: settings.model), role: role)
        return latencies.withLock { latencies in
            let record = latencies[key] ?? LatencyRecord()
            latencies[key] = record
            return record
        }
    }

    /// The gate of the settings' model, which keeps their limits from now on.
    package func gate(_ settings: LanguageModelSettings) -> CallGate {
        let key = Key(endpoint: settings.baseURL, model: settings.model)
        let breaker = breakers.withLock { breakers in
            let breaker = breakers[settings.baseURL] ?? EndpointBreaker(patience: patience)
            breakers[settings.baseURL] = breaker
            return breaker
        }
        let (gate, isNew) = gates.withLock { gates in
            if let known = gates[key] { return (known, false) }
            let new = CallGate(limits: settings.limits, breaker: breaker)
            gates[key] = new
            return (new, true)
        }
        if !isNew, settings.limits != CallLimits() { gate.allow(settings.limits) }
        return gate
    }
}
