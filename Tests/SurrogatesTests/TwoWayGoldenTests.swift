import Foundation
import JSON
import Surrogates
import Testing

/// A small case computed by a separate implementation, itself checked against the process over all values.
private let goldenFile = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "../shared/research/golden/golden_twoway.json")

@Suite(.enabled(if: FileManager.default.fileExists(atPath: goldenFile.path), "needs the golden vectors beside the checkout"))
struct TwoWayGoldenTests {
    private let golden: JSON
    private let table: ExampleTable

    init() throws {
        golden = try JSON(parsing: Array(Data(contentsOf: goldenFile)))
        let choices = numbers(golden["C"]).map { Int($0) }
        let space = SearchSpace(choices.enumerated().map { .init(name: "d\($0)", choices: $1) })
        var table = ExampleTable(space: space, examples: try #require(golden["V"]?.intValue))
        let (points, mask, values) = (rows(golden["X"]), rows(golden["M"]), rows(golden["Y"]))
        for row in points.indices {
            for example in mask[row].indices where mask[row][example] == 1 {
                table.record(values[row][example], of: example, at: points[row].map { Int($0) })
            }
        }
        self.table = table
    }

    private func model(_ kernel: [Double]) throws -> TwoWayModel {
        func setting(_ name: String) throws -> Double { try #require(golden["hyper"]?[name]?.doubleValue) }
        let constant = try setting("s0")
        return TwoWayModel(
            table,
            .init(
                kernel: AgreementKernel(
                    constant: constant * constant, additive: kernel[0], pairwise: kernel[1], residual: kernel[2]),
                noise: Noise(example: try setting("sg2"), residual: try setting("se2"))),
            mean: try setting("mu"))
    }

    private func first() throws -> TwoWayModel {
        try model(["v1", "v2", "v3"].map { try #require(golden["hyper"]?[$0]?.doubleValue) })
    }

    @Test func informationAndWeights() throws {
        let model = try first()
        #expect(model.points == rows(golden["X"]).map { $0.map { Int($0) } })
        #expect(isClose(model.information.precision.elements, rows(golden["W"]).flatMap(\.self)))
        #expect(isClose(model.information.weighted, numbers(golden["r"])))
        #expect(isClose(model.weights, numbers(golden["alpha"])))
    }

    @Test func posterior() throws {
        let model = try first()
        let points = rows(golden["Xtest"]).map { $0.map { Int($0) } }
        let mean = try #require(golden["hyper"]?["mu"]?.doubleValue)
        #expect(isClose(points.map { model.mean(at: $0) - mean }, numbers(golden["mean"])))
        let covariances = rows(golden["cov"])
        for (row, point) in points.enumerated() {
            #expect(isClose(points.map { model.covariance(point, $0) }, covariances[row]))
            #expect(isClose([model.variance(at: point)], [covariances[row][row]]))
        }
        let beliefs = model.beliefs(points)
        #expect(isClose(beliefs.map { $0.mean - mean }, numbers(golden["mean"])))
        #expect(isClose(beliefs.map { $0.deviation * $0.deviation }, covariances.indices.map { covariances[$0][$0] }))
        #expect(isClose(model.effects, numbers(golden["g"])))
    }

    @Test func evidence() throws {
        let difference = try model(numbers(golden["hyper2"])).logEvidence - first().logEvidence
        #expect(isClose([abs(difference)], [abs(try #require(golden["evidence_diff"]?.doubleValue))]))
    }

    /// Within 1e-9 of the greater of the number and a thousandth.
    private func isClose(_ left: [Double], _ right: [Double]) -> Bool {
        !right.isEmpty && left.count == right.count
            && zip(left, right).allSatisfy { abs($0 - $1) <= 1e-9 * max(abs($1), 1e-3) }
    }
}

private func numbers(_ json: JSON?) -> [Double] { (json?.arrayValue ?? []).compactMap(\.doubleValue) }
private func rows(_ json: JSON?) -> [[Double]] { (json?.arrayValue ?? []).map { numbers($0) } }
