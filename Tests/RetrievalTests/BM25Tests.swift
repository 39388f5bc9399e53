import Foundation
import Programs
import Testing

@testable import Retrieval

struct BM25Tests {
    @Test(arguments: [
        ("The quick-brown FOX's 3rd jump.", ["the", "quick", "brown", "fox", "s", "3rd", "jump"]),
        ("", []), ("—  … !", []),
        ("Ça don’t naïve_x", ["ça", "don", "t", "naïve", "x"]),
        ("ÄRGER Straße", ["ärger", "straße"]),
        ("東京 tower 2塔", ["東", "京", "tower", "2", "塔"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
    ])
    func wordsOfText(text: String, expected: [String]) {
        #expect(words(of: text) == expected)
    }

    @Test func decomposedLettersAreTheSameWord() {
        let index = BM25Index(["cafe\u{301} noir", "thé"])
        #expect(index.search("caf\u{e9}", limit: 5).map(\.number) == [0])
    }

    /// By hand: N = 3, average length 8/3; "cat" is in two passages, "mat" in one.
    @Test func scoresAreThoseOfTheFormula() throws {
        let index = BM25Index(["the cat sat", "the cat cat on", "mat"])
        let idfCat = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
        let idfMat = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
        func score(_ idf: Double, _ count: Double, _ length: Double) -> Double {
            idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / (8.0 / 3)))
        }
        let found = index.search("Cat mat?", limit: 10)
        let expected = [(2, score(idfMat, 1, 1)), (1, score(idfCat, 2, 4)), (0, score(idfCat, 1, 3))]
        #expect(found.map(\.number) == expected.map(\.0))
        for (got, want) in zip(found, expected) { #expect(abs(got.score - want.1) < 1e-12) }
        // The first, in figures: ln(1 + 2.5/1.5) · 2.2 / (1 + 1.2 · (0.25 + 0.75 · 0.375)).
        #expect(abs(found[0].score - 1.3178) < 1e-4)
    }

    @Test func repeatedQueryWordsCountAsOftenAsTheyStandThere() {
        let index = BM25Index(["a b", "b c"])
        let (once, twice) = (index.search("c", limit: 1)[0].score, index.search("c c", limit: 1)[0].score)
        #expect(abs(twice - 2 * once) < 1e-12)
    }

    @Test func tiesAreInTheOrderOfTheCorpus() {
        let index = BM25Index((0..<50).map { $0.isMultiple(of: 2) ? "same words here" : "other" })
        #expect(index.search("words", limit: 4).map(\.number) == [0, 2, 4, 6])
        #expect(index.search("words", limit: 1000).count == 25)
    }

    @Test func nothingIsFoundWhereNothingFits() {
        #expect(BM25Index(["a b", "c"]).search("zebra", limit: 3).isEmpty)
        #expect(BM25Index(["a b", "c"]).search("", limit: 3).isEmpty)
        #expect(BM25Index(["a b", "c"]).search("a", limit: 0).isEmpty)
        #expect(BM25Index([String]()).search("a", limit: 3).isEmpty)
        #expect(BM25Index(["…", "!"]).search("a", limit: 3).isEmpty)
    }

    @Test(arguments: [
        BM25Parameters(), BM25Parameters(k1: 0, b: 0.5), BM25Parameters(k1: 2, b: 0), BM25Parameters(k1: 0.9, b: 1),
    ])
    func agreesWithBruteForce(parameters: BM25Parameters) {
        var generator = Xorshift(state: 7)
        let texts = (0..<300).map { _ in generator.text(vocabulary: 60, words: 1...40) }
        let index = BM25Index(texts, parameters: parameters)
        for _ in 0..<50 {
            let query = generator.text(vocabulary: 70, words: 1...6)
            let expected = bruteForce(query, texts, parameters)
            let found = index.search(query, limit: 10)
            #expect(found.count == min(10, expected.count))
            for (got, want) in zip(found, expected) { #expect(abs(got.score - want.score) < 1e-9) }
            // Beyond rounding the order is the same too.
            for (got, want) in zip(found, expected) where got.number != want.number {
                let wanted = expected.first { $0.number == got.number }
                #expect(abs((wanted?.score ?? .infinity) - want.score) < 1e-9)
            }
        }
    }

    private func bruteForce(_ query: String, _ texts: [String], _ parameters: BM25Parameters) -> [(number: Int, score: Double)] {
        let documents = texts.map { words(of: $0) }
        let average = Double(documents.reduce(0) { $0 + $1.count }) / Double(documents.count)
        let frequencies = Dictionary(words(of: query).map { word in (word, Double(documents.count { $0.contains(word) })) }) {
            $1
        }
        let scored = documents.enumerated().map { number, document in
            (
                number,
                words(of: query).reduce(0.0) { sum, word in
                    let n = frequencies[word] ?? 0
                    let tf = Double(document.count { $0 == word })
                    guard tf > 0 else { return sum }
                    let idf = log(1 + (Double(documents.count) - n + 0.5) / (n + 0.5))
                    let norm = parameters.k1 * (1 - parameters.b + parameters.b * Double(document.count) / average)
                    return sum + idf * tf * (parameters.k1 + 1) / (tf + norm)
                }
            )
        }
        return scored.filter { $0.1 > 0 }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }.map { (number: $0.0, score: $0.1) }
    }

    @Test func retrieverGivesTextIdAndScore() async throws {
        let passages = [CorpusPassage(id: "p1", text: "Paris is in France"), CorpusPassage(text: "Rome is in Italy")]
        let retrieval = try await BM25Retriever(passages).retrieve("Where is Rome in?", k: 2)
        #expect(retrieval.passages.map(\.text) == ["Rome is in Italy", "Paris is in France"])
        #expect(retrieval.passages.map(\.id) == [nil, "p1"])
        #expect(retrieval.usage == .zero)
        #expect(try #require(retrieval.passages[0].score) > #require(retrieval.passages[1].score))
    }
}

/// Marsaglia's xorshift: the tests' own stream, the same in every run.
struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// Words of which low numbers are common.
    mutating func text(vocabulary: Int, words: ClosedRange<Int>) -> String {
        (0..<Int.random(in: words, using: &self)).map { _ in
            "w\(Int(Double(vocabulary) * pow(Double.random(in: 0..<1, using: &self), 2)))"
        }.joined(separator: " ")
    }
}
