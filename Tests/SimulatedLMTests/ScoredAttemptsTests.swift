import Testing

@testable import SimulatedLM

@Suite struct ScoredAttemptsTests {
    private func lessons(_ text: String, seed: UInt64 = 1) -> String? {
        ScoredAttempts(text)?.lessons(Digest(seed: seed))
    }

    private static let ours = """
        Instruction #1: Sort it. Write with style.
        Resulting Score #1: 0.2

        Instruction #2: Sort it. Be precise; only the exact answer counts.
        Resulting Score #2: 0.5

        Instruction #3: Sort it. Read `ticket`.
        Resulting Score #3: 0.6
        """

    /// COPRO of DSPy gives a list, in which every text has its place and quotes.
    private static let dspys = """
        [1] «Instruction #1: Sort it. Write with style.»
        [2] «Prefix #1: Team:»
        [3] «Resulting Score #1: 20.0»
        [4] «Instruction #2: Sort it. Read `ticket`.»
        [5] «Prefix #2: Team:»
        [6] «Resulting Score #2: 60.0»
        """

    @Test(arguments: [ours, dspys]) func theBestIsBuiltUpon(text: String) throws {
        let lessons = try (0..<20).map { try #require(self.lessons(text, seed: $0)) }
        #expect(lessons.allSatisfy { $0.hasPrefix("Sort it. Read `ticket`.") && !$0.contains("style") && !$0.contains("Team") })
    }

    @Test func whatHelpedOthersIsTakenOver() throws {
        let lessons = try (0..<40).map { try #require(self.lessons(Self.ours, seed: $0)) }
        #expect((8..<32).contains(lessons.count { $0.contains("Be precise") }))
    }

    @Test func whatGoesWithLowScoresIsDropped() throws {
        let text = """
            Instruction #1: Sort it. Imagine a story.
            Resulting Score #1: 0.1
            Instruction #2: Sort it.
            Resulting Score #2: 0.6
            Instruction #3: Sort it. Imagine a story. Read `ticket`.
            Resulting Score #3: 0.7
            """
        #expect(lessons(text) == "Sort it. Read `ticket`.")
    }

    @Test(arguments: ["", "Sort the ticket.", "Instruction #1: Sort it.", "Resulting Score #1: 0.4"])
    func whatHasNoScoresIsNoHistory(text: String) { #expect(ScoredAttempts(text) == nil) }
}
