package import Evaluation
internal import Foundation
internal import JSON
internal import Programs
package import Store
package import Studies

/// Leases units, runs their examples, reports the results. It keeps nothing that the store does not have: any number of
/// workers may come and go at any moment.
package actor Worker {
    let store: Store
    let configuration: WorkerConfiguration
    let log: @Sendable (String) -> Void
    let shelf: StudyShelf
    /// The endpoints that are away just now, and why.
    let providersAway: @Sendable () -> [String: String]

    var session = UUID()
    var queue: WorkQueue<WorkItem>
    var results: Backlog
    /// Units that failed; they wait for the report of what went well in them.
    var failures: [(unit: Int, attempt: Int, failure: UnitFailure)] = []
    var postponements: [(unit: Int, attempt: Int, delay: Duration)] = []
    var reconciliation = Reconciliation()
    /// What the store was told that studies wait for.
    var providerWaits: [Int: String] = [:]
    /// Which endpoints the studies in hand call.
    var endpoints: [Int: Set<String>] = [:]
    private var leaseExtension: LeaseExtension
    var isStopping = false
    let slots = Signal()
    let leases = Signal()
    let reports = Signal()
    /// Nothing is in hand any more.
    let rests = Signal()

    /// - Parameter makeRuntime: builds program, metric and models of a study with a public id; its error says why this worker
    ///   can't.
    /// - Parameter providersAway: the endpoints that are away just now, and why.
    package init(
        store: Store, configuration: WorkerConfiguration, providersAway: @escaping @Sendable () -> [String: String] = { [:] },
        makeRuntime: @escaping @Sendable (Study, String) throws -> StudyRuntime, log: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.configuration = configuration
        self.log = log
        self.providersAway = providersAway
        shelf = StudyShelf(store: store, makeRuntime: makeRuntime)
        queue = WorkQueue(concurrency: configuration.concurrency)
        leaseExtension = LeaseExtension(unitTTL: configuration.unitTTL, hungAfter: configuration.hungAfter)
        results = Backlog(bound: configuration.resultsInMemory)
    }

    /// Works until ``drain()`` or until the task is cancelled: a drain finishes what is in flight and reports it, a
    /// cancellation does not. Either way the units go back at once.
    package func run() async throws {
        try await register()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepHeartbeat() }
            group.addTask { await self.keepLeasing() }
            group.addTask { await self.keepReporting() }
            group.addTask { await self.keepListening() }
            group.addTask { await self.keepLookingAtProviders() }
            while !isStopping || !queue.isIdle {
                // Whoever is told to end does not wait for a provider to come back: others do.
                guard !Task.isCancelled, !queue.isStuck else { break }
                while let item = queue.start() {
                    group.addTask { await self.perform(item) }
                }
                await slots.wait()
            }
            if !Task.isCancelled { await flush() }
            group.cancelAll()
        }
        // Even a worker that was told to stop at once hands its units back.
        let session = session
        await store.atLast { store throws(StoreError) in try await store.signOff(session: session) }
    }

    /// Leases nothing more; ``run()`` returns when all that is in flight is reported.
    package func drain() {
        isStopping = true
        queue.drain()
        slots.set()
        leases.set()
    }

    // MARK: Session

    func register() async throws(StoreError) {
        var info = ProcessIdentity.current.json
        info["concurrency"] = .int(configuration.concurrency)
        info["study"] = configuration.study.map(JSON.int)
        try await store.register(session: session, name: configuration.name, info: .object(info), ttl: configuration.sessionTTL)
    }

    private func keepHeartbeat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: min(configuration.sessionTTL, configuration.unitTTL) / 3)
            guard !Task.isCancelled else { return }
            let session = session
            do throws(StoreError) {
                try await sendHeartbeat()
                let due = leaseExtension.due(queue.holdings, at: .now)
                if !due.isEmpty { try await store.extend(session: session, due, ttl: configuration.unitTTL) }
                try await giveBackOrphans()
            } catch {
                await recover(from: error, of: session, while: "sending a heartbeat", mayRevive: false)
            }
        }
    }

    private func sendHeartbeat() async throws(StoreError) {
        let lost = try await store.heartbeat(
            session: session, ttl: configuration.sessionTTL, held: queue.held, isDraining: isStopping)
        queue.drop(units: lost)
        showState()
    }

    /// Units that the store holds for this session although it knows nothing of them go to others.
    private func giveBackOrphans() async throws(StoreError) {
        let held = try await store.held(session: session)
        let orphans = reconciliation.orphans(held: held, isKnown: queue.holds)
        guard !orphans.isEmpty else { return }
        log("giving back \(orphans.count) units whose lease was lost on the way")
        try await store.release(session: session, orphans)
    }

    /// A lost session is replaced by a new one, never used again; other errors are said and tried again later.
    ///
    /// - Parameters:
    ///   - used: the session of the call that failed: another call may have replaced it meanwhile.
    ///   - mayRevive: whether a heartbeat may be tried first. After an outage nobody has looked for dead workers yet: a session
    ///     that has only run out is still this worker's, and so are its units.
    func recover(from error: StoreError, of used: UUID? = nil, while action: String, mayRevive: Bool = true) async {
        guard !Task.isCancelled else { return }
        if error.code == .sessionLost {
            guard used == nil || used == session else { return }
            if mayRevive {
                let session = session
                if (try? await sendHeartbeat()) != nil { return leases.set() }
                guard !Task.isCancelled, session == self.session else { return }
            }
            log("the session has expired: registering anew")
            // The database may have been restored: a study's number may be another one's now.
            await shelf.forgetAll()
            queue.dropAll()
            showState()
            session = UUID()
            providerWaits = [:]
            queue.hold(studies: [])
            do { try await register() } catch { log("registering failed: \(error)") }
            leases.set()
        } else {
            log("\(action) failed: \(error)")
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
