import Foundation
import JSON
import SearchSimulation
import Testing

@Suite struct PeerSurfaceTests {
    /// The peer's own probabilities, read back from its export: the export keeps nine digits.
    @Test(.enabled(if: PeerSurfaces.canExport, "needs the peer's Python with numpy, scipy and optuna, and the golden file"))
    func probabilitiesEqualThePeers() throws {
        let golden = try #require(try JSON(parsing: Array(Data(contentsOf: PeerSurfaces.golden))).arrayValue)
        let classes = SurfaceClass.all.map(\.name)
        let surfaces = try PeerSurfaces.export(classes: classes, seeds: 0..<2).map { try Surface(json: JSON(parsing: $0)) }
        try #require(surfaces.count == golden.count && golden.count == 24)
        var climbs: [Double] = []
        for (surface, expected) in zip(surfaces, golden) {
            let place = "\(surface.cls) \(surface.seed)"
            #expect(expected["cls"]?.stringValue == surface.cls && expected["seed"]?.intValue == surface.seed)
            #expect(expected["V"]?.intValue == surface.validation)
            #expect(ints(expected["choices"]) == surface.choices)
            let best = try #require(expected["best_true"]?.doubleValue)
            #expect(abs(surface.optimum - best) < 1e-8, "\(place): optimum")
            #expect(abs(surface.trueScore(at: ints(expected["best"])) - best) < 1e-7, "\(place): score of the best point")
            // A climb of our own from other random starts may end on another hill.
            let climbed = surface.climbed().score - best
            climbs.append(climbed)
            #expect(abs(climbed) < 0.06, "\(place): climb")
            for point in try #require(expected["points"]?.arrayValue) {
                let choices = ints(point["x"])
                let score = try #require(point["true"]?.doubleValue)
                #expect(abs(surface.trueScore(at: choices) - score) < 1e-7, "\(place): true score at \(choices)")
                let first = (point["first"]?.arrayValue ?? []).compactMap(\.doubleValue)
                for (ours, theirs) in zip(surface.probabilities(at: choices, of: 0..<5), first) {
                    #expect(abs(ours - theirs) < 1e-7, "\(place): probability at \(choices)")
                }
            }
        }
        #expect(abs(climbs.reduce(0, +)) / Double(climbs.count) < 0.005)
    }

    private func ints(_ json: JSON?) -> [Int] { (json?.arrayValue ?? []).compactMap(\.intValue) }
}
