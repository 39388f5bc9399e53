internal import Foundation
internal import Store

/// Holding back what needs a provider that is away.
extension Worker {
    private static let interval = Duration.milliseconds(500)

    func keepLookingAtProviders() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            if !Task.isCancelled { await lookAtProviders() }
        }
    }

    /// Studies of such a provider leave their slots to others, and everybody is told what they wait for.
    func lookAtProviders() async {
        let away = providersAway()
        let inHand = queue.studies
        endpoints = endpoints.filter { inHand.contains($0.key) }
        let waits = endpoints.compactMapValues { endpoints in
            away.filter { endpoints.contains($0.key) }.min { $0.key < $1.key }
                .map { "waiting for provider: \($0.key): \($0.value)" }
        }
        guard waits != providerWaits else { return }
        let session = session
        do throws(StoreError) {
            try await store.waitForProviders(session: session, waits)
            // Of a session that was replaced meanwhile the store knows nothing: the new one says it anew.
            guard session == self.session else { return }
            providerWaits = waits
            queue.hold(studies: Set(waits.keys))
            slots.set()
            leases.set()
        } catch {
            await recover(from: error, of: session, while: "saying what is waited for")
        }
    }
}
