import Optimizers
import Testing

@Suite struct IntervalsTests {
    private func close(_ interval: Interval?, _ lower: Double, _ upper: Double, by tolerance: Double = 5e-5) -> Bool {
        interval.map { abs($0.lower - lower) < tolerance && abs($0.upper - upper) < tolerance } ?? false
    }

    /// Wilson's limits for 81 of 263 and 15 of 148 (Newcombe, Statistics in Medicine 17, 1998, table I, method 3).
    @Test func wilson() {
        #expect(close(meanInterval(Array(repeating: 1, count: 81) + Array(repeating: 0, count: 182)), 0.2553, 0.3662))
        #expect(close(meanInterval(Array(repeating: 1, count: 15) + Array(repeating: 0, count: 133)), 0.0624, 0.1605))
        #expect(close(meanInterval(Array(repeating: 0, count: 20)), 0, 0.1611))
        #expect(close(meanInterval(Array(repeating: 1, count: 20)), 0.8389, 1))
    }

    @Test func student() {
        // Five values with mean 3 and s² 2.5: 3 ± 2.7764·√0.5.
        #expect(close(meanInterval([1, 2, 3, 4, 5]), 3 - 1.96324, 3 + 1.96324, by: 0.01))
        // Fractions: 0.125 ± 3.1824·0.125 reaches below 0, where no score is.
        #expect(close(meanInterval([0, 0, 0, 0.5]), 0, 0.5228, by: 0.003))
        #expect(close(meanInterval([1, 1, 1, 0.5]), 0.4772, 1, by: 0.003))
        #expect(close(pairedInterval([2, 4]), 3 - 12.7062, 3 + 12.7062, by: 1e-3))
        #expect(meanInterval([]) == nil && meanInterval([0.5]) == nil && pairedInterval([1]) == nil)
        #expect(close(pairedInterval([0, 0, 0]), 0, 0))
    }

    @Test(arguments: [(3, 3.182446), (5, 2.570582), (6, 2.446912), (10, 2.228139), (30, 2.042272), (1000, 1.962339)])
    func quantiles(degrees: Int, exact: Double) {
        #expect(abs(studentQuantile(degrees: degrees) - exact) < (degrees < 6 ? 0.02 : 0.001))
    }
}
