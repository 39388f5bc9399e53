import Foundation
import JSON
import SearchSimulation
import Testing

@Suite struct SurfaceReadingTests {
    /// One predictor with two instructions and three demo sets, two validation examples and one of the population.
    private static let line = """
        {"cls": "own", "seed": 3, "predictors": 1, "choices": [2, 3], "validation": 2, "population": 1, "pipeline": false, \
        "base": 0.5, "A": [[0, 1, 0], [0, -1, 2]], "pairs": [{"d": 0, "e": 1, "W": [[0, 0, 0], [0, 0, 4], [0, 0, 0]]}], \
        "needle": {"dims": [0, 1], "choices": [1, 1], "height": 8}, "b": [0, 1, -1], "U": [[1], [0], [2]], \
        "Vd": [[[0], [0.5], [0]], [[0], [0], [0.25]]], "optimum": 0.75}
        """

    private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

    @Test func theFormulaIsFollowed() throws {
        let surface = try SurfaceSource.line(1, Array(Self.line.utf8)).surface()
        #expect(surface.cls == "own" && surface.seed == 3 && surface.choices == [2, 3] && surface.optimum == 0.75)
        // Main effects 1 + 2, interaction 4, traits 0.75 times 1 and 0.
        #expect(surface.probabilities(at: [1, 2], of: 0..<2) == [logistic(0.5 + 0 + 7 + 0.75), logistic(0.5 + 1 + 7)])
        #expect(surface.trueScore(at: [1, 1]) == logistic(0.5 - 1 + (1 - 1 + 8) + 2 * 0.5), "the needle")
        #expect(surface.trueScore(at: [0, 0]) == logistic(0.5 - 1))
    }

    @Test(arguments: [
        (#""seed": 3"#, #""seed": "x""#, "seed: expected an integer, not a string"),
        (#""cls": "own", "#, "", "cls: is missing"),
        (#""choices": [2, 3]"#, #""choices": [2, 4]"#, "A: has 3 columns, but 4 choices"),
        (#""choices": [2, 3]"#, #""choices": [2]"#, "choices: expected 2 elements, not 1"),
        (#""choices": [2, 3]"#, #""choices": [2, 1e300]"#, "choices[1]: expected a whole number from 1"),
        (#""choices": [2, 3]"#, #""choices": [2, 0.5]"#, "choices[1]: expected a whole number from 1"),
        (#"[0, -1, 2]]"#, #"[0, -1]]"#, "A[1]: expected 3 elements, not 2"),
        (#"[0, -1, 2]]"#, #"[0, null, 2]]"#, "A[1][1]: expected a number, not null"),
        (#""e": 1"#, #""e": 2"#, "pairs[0].e: there are 2 dimensions: no 2"),
        (#"[0, 0, 4]"#, #"[0, 0]"#, "pairs[0].W[1]: expected 3 elements, not 2"),
        (#""dims": [0, 1]"#, #""dims": [0, 7]"#, "needle.dims: expected numbers of dimensions: 0…1"),
        (#""choices": [1, 1]"#, #""choices": [1, 9]"#, "needle.choices: a choice is beyond its dimension's"),
        (#""b": [0, 1, -1]"#, #""b": [0, 1]"#, "b: expected 3 elements, not 2"),
        (#""predictors": 1"#, #""predictors": 1000000000000"#, "predictors: expected from 1 to"),
        (#""pipeline": false"#, #""pipeline": 0"#, "pipeline: expected true or false, not an integer"),
        (#""optimum": 0.75"#, #""optimum": "#, "at byte"),
    ])
    func aBadLineIsNamed(original: String, change: String, message: String) throws {
        let line = Self.line.replacingOccurrences(of: original, with: change)
        try #require(line != Self.line)
        let error = #expect(throws: SurfaceLineError.self) { try SurfaceSource.line(7, Array(line.utf8)).surface() }
        #expect(error?.description.hasPrefix("line 7: ") == true)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func emptyLinesAreCountedButLeftOut() throws {
        let file = Array("\n\(Self.line)\r\n   \n{}\n".utf8)
        let sources = SurfaceSource.lines(of: file)
        #expect(sources.count == 2)
        #expect(try sources[0].surface().cls == "own")
        #expect(throws: SurfaceLineError(line: 4, message: "cls: is missing")) { try sources[1].surface() }
    }
}
