import JSON
import Store
import Testing

@testable import Nightshift

@Suite("The cache's tables and sizes")
struct ViewsCacheTests {
    @Test(arguments: [
        ("0", 0), ("500", 500), ("64kB", 64_000), ("500 MB", 500_000_000), ("1.5GB", 1_500_000_000), ("2g", 2_000_000_000),
        ("7B", 7),
    ])
    func sizesAreRead(text: String, bytes: Int) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

    @Test(arguments: ["", "GB", "many", "1.2.3MB", "5 cows", "-1GB", "99999999TB"])
    func whatIsNoSizeIsNot(text: String) { #expect(ByteCount(parsing: text) == nil) }

    @Test func sizesAreWritten() {
        #expect(
            [0, 999, 1000, 1_550_000, 20_000_000_000].map { ByteCount($0).text } == [
                "0 B", "999 B", "1.0 kB", "1.6 MB", "20.0 GB",
            ])
    }

    private var models: [CacheStatistics] {
        [
            CacheStatistics(
                endpoint: "https://api.openai.com/v1", model: "openai/gpt-4o-mini", answers: 12_345, bytes: 9_900_000,
                promptTokens: 4_000_000, completionTokens: 100_000, oldest: "2026-11-01T10:00:00+00:00",
                newest: "2026-11-23T03:45:30+00:00"),
            CacheStatistics(
                endpoint: "http://localhost:8080/v1", model: "openai/sim", answers: 5, bytes: 1000, promptTokens: 10,
                completionTokens: 2, oldest: "2026-11-01T10:00:00+00:00", newest: "2026-11-01T10:00:00+00:00"),
        ]
    }

    @Test func oneLineAModel() {
        let lines = CacheTable(style: .plain, width: nil).lines(models)
        #expect(lines.count == 3)
        #expect(
            lines[1]
                == "openai/gpt-4o-mini  https://api.openai.com/v1   12,345  9.9 MB    4.1M  2026-11-23 03:45")
        #expect(CacheTable(style: .plain, width: nil).lines([]) == ["the cache is empty: compile fills it"])
    }

    @Test func theDocument() {
        let document = cacheJSON(models)
        #expect(document["answers"] == 12_350 && document["bytes"] == 9_901_000)
        #expect(document["tokens"] == ["prompt": 4_000_010, "completion": 100_002])
        #expect(document["models"]?.arrayValue?.map { $0["model"] } == ["openai/gpt-4o-mini", "openai/sim"])
        #expect(cacheJSON([])["models"] == [])
    }
}
