import Surrogates
import Testing

@Suite struct LogEITests {
    /// log(φ(z) + z Φ(z)), computed with hundreds of digits.
    private static let reference: [(z: Double, value: Double)] = [
        (8, 2.0794415416798359377), (3, 1.0987396653277077727), (1, 0.080026218849306940029), (0.25, -0.62297823090676788688),
        (0, -0.91893853320467274178), (-0.5, -1.6205162643873199193), (-1, -2.4851210257126413368),
        (-2.5, -6.2125416454435128635), (-4.999, -16.738939816412742241), (-5, -16.744301162660990143),
        (-5.001, -16.749663448901436299), (-7, -29.368107183141277688), (-12, -77.909100545007348277),
        (-20, -206.91783850942509785), (-26, -345.43954672231803297), (-40, -808.29856835661996024),
        (-100, -5010.1295788002497923), (-1000, -500014.73445209115845), (-1e6, -500000000028.54995965),
    ]

    @Test(arguments: reference)
    func agreesWithHighPrecision(z: Double, value: Double) {
        #expect(abs(ExpectedImprovement.logUnit(z) - value) < 1e-13 * max(1, abs(value)))
    }

    @Test func risesWithTheMeanEverywhere() {
        // Across the seam of the two formulas too, and where the improvement itself is far below the least double.
        var last = -Double.infinity
        for step in stride(from: -60.0, through: 10, by: 0.0625) {
            let value = ExpectedImprovement.logUnit(step)
            #expect(value > last)
            last = value
        }
        #expect(ExpectedImprovement.logUnit(-1e200) == -.infinity)
    }

    @Test func scalesWithTheDeviation() {
        let unit = ExpectedImprovement.logarithm(mean: 1, deviation: 1, threshold: 2)
        let thousandth = ExpectedImprovement.logarithm(mean: 1e-3, deviation: 1e-3, threshold: 2e-3)
        #expect(abs(thousandth - unit - -6.907755278982137) < 1e-13)
    }
}
