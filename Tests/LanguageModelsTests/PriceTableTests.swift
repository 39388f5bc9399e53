import Foundation
import JSON
import LanguageModels
import Programs
import Testing

@Suite struct PriceTableTests {
    private let million = Usage(calls: 1, attempts: 1, promptTokens: 1_000_000, completionTokens: 1_000_000)

    private func file(_ text: String) throws -> PriceTable {
        try PriceTable(own: JSON(parsing: text), file: "prices.json")
    }

    @Test func costs() throws {
        let table = PriceTable()
        let usage = Usage(calls: 3, attempts: 4, cached: 9, promptTokens: 1200, completionTokens: 300)
        let cost = try #require(table.cost(model: "openai/gpt-4o-mini", usage))
        #expect(abs(cost - 0.00036) < 1e-12)
        #expect(table.cost(model: "openai/gpt-4o-mini", Usage(cached: 5)) == 0)
        #expect(table.cost(model: "anthropic/claude-sonnet-4-5", million) == 18)
        #expect(table.cost(model: "openai/text-embedding-3-small", Usage(promptTokens: 1_000_000)) == 0.02)
    }

    @Test(arguments: ["openai/gpt-99", "gpt-4o-mini", "", "openai/", "openai/gpt-4o-mini-", "openai/text-embedding-3-small"])
    func unknownIsNotFree(_ model: String) {
        #expect(PriceTable().cost(model: model, million) == nil)
    }

    @Test(
        arguments: [
            ("openai/gpt-4o-mini-2024-07-18", 0.75), ("openai/gpt-4o-2024-08-06", 12.5), ("openai/gpt-4o-2024-05-13", 20),
            ("openai/gpt-5-chat-latest", 11.25), ("anthropic/claude-sonnet-4-5-20250929", 18),
            ("anthropic/claude-sonnet-4-20250514", 18), ("anthropic/claude-3-5-haiku-latest", 4.8),
            ("anthropic/claude-3-5-sonnet@20240620", 18), ("openai/gpt-4o-mini-audio-preview", nil), ("openai/gpt-4o-audio", nil),
            ("openai/gpt-3.5-turbo-0301", nil), ("openai/gpt-4o-2024-13-06", nil), ("openai/gpt-4o2024-08-06", nil),
            ("openai/gpt-4o-99990806", nil), ("anthropic/claude-opus-4-9", nil), ("openai/gpt-4.1-2025", nil),
        ] as [(String, Double?)])
    func datedNames(_ model: String, _ cost: Double?) {
        let found = PriceTable().cost(model: model, million)
        #expect((found == nil) == (cost == nil))
        if let found, let cost { #expect(abs(found - cost) < 1e-9) }
    }

    @Test func theLongestNameWins() throws {
        let table = try file(#"{"x/m": {"prompt": 1, "completion": 1}, "x/m-20240101": {"prompt": 2, "completion": 2}}"#)
        #expect(table.cost(model: "x/m-20240101-latest", million) == 4)
        #expect(table.cost(model: "x/m-2024-01-01", million) == 2)
    }

    @Test func aUsersPricesGoFirst() throws {
        let table = try file(#"{"openai/gpt-4o-mini": {"prompt": 1, "completion": 2}, "x/e": {"prompt": 0.5}}"#)
        #expect(table.cost(model: "openai/gpt-4o-mini", million) == 3)
        #expect(table.cost(model: "openai/gpt-4o-mini-2024-07-18", million) == 3)
        #expect(table.cost(model: "openai/gpt-4o", million) == 12.5)
        #expect(table.cost(model: "x/e", Usage(promptTokens: 2_000_000)) == 1)
        #expect(table.cost(model: "x/e", million) == nil)
    }

    @Test func otherHostsHaveOnlyTheUsersPrices() throws {
        let own = try LanguageModelSettings(model: "openai/gpt-4o-mini")
        let local = try LanguageModelSettings(model: "openai/gpt-4o-mini", baseURL: "http://localhost:1/v1")
        let named = try LanguageModelSettings(model: "meta/llama", baseURL: "http://localhost:1/v1")
        #expect(PriceTable().cost(own, million) == 0.75)
        #expect(PriceTable().cost(local, million) == nil)
        let table = try file(
            #"{"openai/gpt-4o-mini": {"prompt": 0, "completion": 0}, "meta/llama": {"prompt": 1, "completion": 2}}"#)
        #expect(table.cost(local, million) == 0)
        #expect(table.cost(named, million) == 3)
    }

    @Test(arguments: [
        ("[]", "must be an object"), (#"{"a/b": 3}"#, #""a/b" must be an object with prompt and completion, not an integer"#),
        (#"{"a/b": {"prompt": "1"}}"#, #""a/b": prompt must be USD per million tokens, a number of at least 0, not a string"#),
        (#"{"a/b": {"prompt": -1}}"#, "not -1"), (#"{"a/b": {"prompt": 1, "completion": null}}"#, "completion must be"),
        (#"{"a/b": {"completion": 1}}"#, "has no prompt"),
        (
            #"{"a/b": {"prompt": 1, "compleetion": 1}}"#,
            #"unknown key "compleetion" (known: prompt, completion); did you mean completion?"#
        ),
    ])
    func badFiles(_ text: String, _ message: String) throws {
        let error = #expect(throws: PriceFileError.self) { _ = try file(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("prices.json: ") == true)
    }

    @Test func allFindingsAtOnce() throws {
        let error = #expect(throws: PriceFileError.self) {
            _ = try file(#"{"a/b": {"prompt": -1}, "c/d": {"completion": true}}"#)
        }
        #expect(error?.findings.count == 3)
    }

    @Test func whereTheFileIsFound() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("prices-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ path: String, _ price: Double) throws {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(#"{"x/m": {"prompt": \#(price), "completion": 0}}"#.utf8).write(to: file)
        }
        let home = folder.path
        func price(_ environment: [String: String]) throws -> Double? {
            try PriceTable.load(environment: environment).cost(model: "x/m", million)
        }

        #expect(try price(["HOME": home]) == nil)
        #expect(try price([:]) == nil)
        try write(".config/nightshift/prices.json", 1)
        try write("xdg/nightshift/prices.json", 2)
        try write("named.json", 3)
        #expect(try price(["HOME": home]) == 1)
        #expect(try price(["HOME": home, "XDG_CONFIG_HOME": home + "/xdg"]) == 2)
        #expect(try price(["HOME": home, "XDG_CONFIG_HOME": "xdg"]) == 1)
        #expect(try price(["HOME": home, "XDG_CONFIG_HOME": home + "/none"]) == nil)
        #expect(try price(["HOME": home, "NIGHTSHIFT_PRICES": home + "/named.json"]) == 3)
        let missing = #expect(throws: PriceFileError.self) { _ = try price(["NIGHTSHIFT_PRICES": home + "/none.json"]) }
        #expect(missing?.description.contains("none.json: cannot be read") == true)
        try Data("{".utf8).write(to: folder.appendingPathComponent("named.json"))
        let broken = #expect(throws: PriceFileError.self) { _ = try price(["NIGHTSHIFT_PRICES": home + "/named.json"]) }
        #expect(broken?.description.contains("is not JSON") == true)
    }
}
