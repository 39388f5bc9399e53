internal import Foundation
internal import LanguageModels
internal import Store

/// Shares the limits of the providers with the other processes of the team: once a second it tells what is wanted here, and
/// learns what may be had. Where the database is away everybody keeps the share that it had.
struct LimitSharing: Sendable {
    private let store: Store
    private let gates: CallGates
    private let log: @Sendable (String) -> Void
    private let holder = UUID()

    private static let interval = Duration.seconds(1)
    private static let ttl = Duration.seconds(5)

    init(_ store: Store, _ gates: CallGates, log: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.gates = gates
        self.log = log
    }

    /// Draws until the task is cancelled.
    func run() async {
        // Said once, when it begins and when it ends.
        var failure: String?
        var away: [String: String] = [:]
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            tell(of: &away)
            let demands = gates.demands()
            guard !demands.isEmpty, !Task.isCancelled else { continue }
            let wanted = demands.map {
                CallDemand(endpoint: $0.endpoint, model: $0.model, calls: Double($0.calls), pause: $0.pause)
            }
            do throws(StoreError) {
                for share in try await store.drawAllowance(holder: holder, wanted, ttl: Self.ttl) {
                    gates.share(endpoint: share.endpoint, model: share.model, share.share, pause: share.pause)
                }
                if failure != nil { log("the limits of the providers are shared with the team again") }
                failure = nil
            } catch {
                guard !Task.isCancelled else { break }
                if failure == nil { log("the limits of the providers cannot be shared, the last share holds: \(error)") }
                failure = error.message
            }
        }
    }

    /// Says once of each endpoint that calls wait for it, and once that it is back.
    private func tell(of away: inout [String: String]) {
        let waiting = gates.outages()
        for (endpoint, reason) in waiting where away[endpoint] == nil { log("waiting for provider: \(endpoint): \(reason)") }
        for endpoint in away.keys where waiting[endpoint] == nil { log("provider is back: \(endpoint)") }
        away = waiting
    }
}
