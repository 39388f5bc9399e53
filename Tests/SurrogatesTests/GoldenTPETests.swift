import Foundation
import JSON
import Surrogates
import Testing

/// Densities and splits recorded from Optuna 5.0's formulas by a separate implementation; beside the checkout, where present.
private let goldenFile = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "../shared/research/golden/golden_tpe.json")

@Suite struct GoldenTPETests {
    @Test(.enabled(if: FileManager.default.fileExists(atPath: goldenFile.path), "needs the golden vectors beside the checkout"))
    func densitiesEqualOptunas() throws {
        let cases = try #require(try JSON(parsing: Array(Data(contentsOf: goldenFile))).arrayValue)
        try #require(!cases.isEmpty)
        for golden in cases {
            let dimensions = try #require(golden["D"]?.intValue)
            let choices = try #require(golden["C"]?.intValue)
            let space = SearchSpace((0..<dimensions).map { .init(name: "x\($0)", choices: choices) })
            let history = zip(points(golden["X"]), numbers(golden["v"])).map(TPE.Observation.init(point:value:))
            let below = numbers(golden["below"]).map { history[Int($0)] }
            let (good, bad) = TPE(space: space).split(history)
            #expect(good == below)
            let l = ParzenMixture(space: space, points: good.map(\.point))
            let g = ParzenMixture(space: space, points: bad.map(\.point))
            let (logL, logG) = (numbers(golden["logl"]), numbers(golden["logg"]))
            for (index, query) in points(golden["Q"]).enumerated() {
                #expect(abs(l.logProbability(query) - logL[index]) < 1e-12)
                #expect(abs(g.logProbability(query) - logG[index]) < 1e-12)
            }
        }
    }
}

private func numbers(_ json: JSON?) -> [Double] { (json?.arrayValue ?? []).compactMap(\.doubleValue) }
private func points(_ json: JSON?) -> [[Int]] { (json?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.intValue) } }
