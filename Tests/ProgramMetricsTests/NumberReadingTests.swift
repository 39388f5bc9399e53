import Foundation
import JSON
import Programs
import Testing

@testable import ProgramMetrics

@Suite struct NumberReadingTests {
    @Test(
        arguments: [
            ("18", 18), ("  $1,234.50 ", 1234.5), ("The answer is $1,234.", 1234), ("… 15 more popsicles.\n#### 15", 15),
            ("#### 109,200,000", 109_200_000), ("-5", -5), ("\u{2212}5 degrees", -5), ("-$5", -5), ("$-5", -5), ("90-75", 75),
            ("x = -2", -2), ("(-3)", -3), ("12 %", 12), ("50%", 50), ("1 234 567", 1_234_567), ("1\u{a0}234 €", 1234),
            ("in 2020 345", 345),
            ("1,2", 2), ("1234,567", 567), ("12,3456", 3456), ("1,234,56", 56), (".5", 0.5), ("3.14.", 3.14), ("2e3", 2000),
            ("1.5E-2", 0.015),
            ("2em", 2), ("3/4", 0.75), ("so it is 1/4", 0.25), ("01/05/2020", 2020), ("7/0", 0), ("H2O", 2), ("covid-19", 19),
            ("+7", 7),
            ("between 3 and 4.", 4), ("1.234.567", 567), ("5--3", 3), ("1e999 is more than 2", 2), ("00012", 12),
            ("4 345.5", 4345.5),
        ] as [(String, Double)])
    func lastNumber(text: String, number: Double) throws {
        let read = try #require(NumberReading.lastNumber.number(in: .string(text)))
        #expect(abs(read - number) < 1e-9, "\(text): \(read)")
    }

    @Test(arguments: ["", "none", "nan", "inf", "twelve", "٣", "-", "$", "1e999", "...", "\u{301}"])
    func noNumber(text: String) { #expect(NumberReading.lastNumber.number(in: .string(text)) == nil) }

    @Test func whole() {
        #expect(NumberReading.whole.number(in: "$1,234.50") == 1234.5)
        #expect(NumberReading.whole.number(in: "12 345.") == 12345)
        let others: [JSON] = ["3 apples", "3 4", "1, 2", "1-2", "x3", .null, true, [1], ["a": 1]]
        for value in others { #expect(NumberReading.whole.number(in: value) == nil, "\(value)") }
        #expect(NumberReading.whole.number(in: 4.5) == 4.5)
    }

    /// As long as an answer may be, in time that grows with its length only.
    @Test func longTexts() throws {
        let digits = String(repeating: "1,", count: 50_000)
        #expect(NumberReading.lastNumber.number(in: .string(digits + "222")) == 1222)
        #expect(NumberReading.lastNumber.number(in: .string(String(repeating: "9", count: 100_000))) == nil)
    }
}

/// The labels of GSM8K, whose last line is `#### 1,875`, where the data lies beside the checkout.
@Suite(.enabled(if: GSM8K.isPresent, "needs ../shared/data/gsm8k"))
struct GSM8KTests {
    @Test(arguments: ["train", "test"])
    func labelsAreRead(split: String) async throws {
        let metric = try metric(section: ["kind": "numeric"], outputs: ["answer"])
        let lines = try String(contentsOf: GSM8K.folder.appending(path: "\(split).jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count >= 400)
        for line in lines {
            let label = try #require(try JSON(parsing: String(line))["answer"]?.stringValue)
            let final = try #require(label.components(separatedBy: "#### ").last)
            let example = Example(fields: ["answer": .string(label)], inputKeys: [])
            for (answer, score) in [(final, 1.0), ("So the answer is $\(final).", 1), ("It is \(final)7.", 0)] {
                let prediction = Prediction(fields: ["answer": .string(answer)])
                #expect(try await metric.score(example, prediction, trace: nil).score == score, "\(label)\n\(answer)")
            }
        }
    }
}

private enum GSM8K {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/gsm8k")

    static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "train.jsonl").path)
}
