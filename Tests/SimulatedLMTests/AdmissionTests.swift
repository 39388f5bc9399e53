import JSON
import Testing

@testable import SimulatedLM

@Suite struct AdmissionTests {
    @Test func theBucketRefillsWithTime() {
        var rate = RequestRate()
        let burst = (0..<8).map { _ in rate.admits(at: 100, limit: 5) }
        #expect(burst == [true, true, true, true, true, false, false, false])
        let later = [rate.admits(at: 100.2, limit: 5), rate.admits(at: 100.21, limit: 5), rate.admits(at: 100.21, limit: nil)]
        #expect(later == [true, false, true])
    }

    @Test func latencyIsSpreadAroundItsMedian() {
        var admission = Admission(seed: 1)
        var configuration = SimulationConfiguration()
        configuration.latencyMilliseconds = 100
        let delays = (0..<2001).compactMap { _ -> Double? in
            if case .answer(let delay) = admission.decide(at: 0, configuration) { delay } else { nil }
        }.sorted()
        #expect(delays.count == 2001)
        #expect(abs(delays[1000] - 0.1) < 0.004)
        // The 84th percentile of a log-normal with sigma 0.25 is the median times e^0.25.
        #expect(abs(delays[1681] - 0.1284) < 0.005)
    }

    @Test func badSettingsAreNamedAndNothingChanges() {
        var configuration = SimulationConfiguration()
        let error = #expect(throws: Diagnostics.self) {
            try configuration.apply(["latency_ms": 5, "fault_rate": 2, "latncy_ms": 1])
        }
        #expect(error?.all.map(\.path.description) == ["fault_rate", "latncy_ms"])
        #expect(error?.all.last?.message.contains("did you mean latency_ms?") == true)
        #expect(configuration.latencyMilliseconds == 0)
    }

    @Test func embeddingsOfLikeTextsAreAlike() {
        func cosine(_ a: String, _ b: String) -> Double {
            zip(Embedding.vector(of: a), Embedding.vector(of: b)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(cosine("my parcel is late", "my parcel is late") - 1) < 1e-9)
        #expect(cosine("my parcel is late", "the parcel came late") > cosine("my parcel is late", "how tall are giraffes"))
    }
}
