internal import LanguageModels
internal import Monitoring

extension CallGates {
    /// Where the limits of each model stand, and whether its endpoint is there, at this moment.
    var families: [MetricFamily] {
        let standings = standings
        func family(_ name: String, _ help: String, _ value: (CallGate.Standing) -> Double?) -> MetricFamily {
            MetricFamily(
                "nightshift_lm_\(name)", .gauge, help,
                standings.compactMap { endpoint, model, standing in
                    value(standing).map { MetricFamily.Sample(labels: [.init("endpoint", endpoint), .init("model", model)], $0) }
                })
        }
        return [
            family("in_flight", "requests under way") { Double($0.inFlight) },
            family("waiting", "calls that wait for a limit") { Double($0.waiting) },
            family("rate", "calls per second that may be sent, where the provider has refused some") { $0.rate },
            family("pause_seconds", "for how long the provider asked to be left alone") { $0.pause ?? 0 },
            MetricFamily(
                "nightshift_lm_provider_away", .gauge, "whether calls are held because the endpoint does not answer",
                isAway.sorted { $0.key < $1.key }.map { .init(labels: [.init("endpoint", $0.key)], $0.value ? 1 : 0) }),
        ]
    }
}
