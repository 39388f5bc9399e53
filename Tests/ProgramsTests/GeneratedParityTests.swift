import JSON
import TestSupport
import Testing

@testable import Programs

/// DSPy and we, on prompts and answers drawn from a seed. Where the two differ, ``Difference`` says why; what it does not list is
/// a failure, and so is a difference that no case shows any more.
@Suite(.enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
struct GeneratedParityTests {
    let peer: DSPyPeer

    init() throws { peer = try DSPyPeer.shared.get() }

    private func pairs(_ key: String) throws -> [(test: JSON, answer: JSON)] {
        let cases = try #require(GeneratedCases.json[key]?.arrayValue)
        let answers = try #require(peer.answers["generated"]?[key]?.arrayValue)
        try #require(cases.count == answers.count)
        return Array(zip(cases, answers))
    }

    @Test func generatedPromptsAreEqual() throws {
        let pairs = try pairs("render")
        #expect(pairs.count >= 150)
        for (test, answer) in pairs {
            let signature = try Prompts.signature(test)
            let demos = (test["demos"]?.arrayValue ?? []).compactMap(\.objectValue)
            let inputs = try #require(test["inputs"]?.objectValue)
            for (adapter, key) in [(Adapter.chat, "messages"), (.json, "json")] {
                let difference = Prompts.difference(
                    adapter.messages(signature, demos: demos, inputs: inputs), answer[key] ?? .null)
                #expect(difference == nil, "\(test.serialized())\n\(difference ?? "")")
            }
        }
    }

    @Test func generatedAnswersAreReadAlike() throws {
        let pairs = try pairs("parse")
        #expect(pairs.count >= 300)
        var unseen = Set(Difference.all.map(\.reason))
        var equal = 0
        for (test, answer) in pairs {
            let kind = try #require(test["class"]?.stringValue)
            let text = try #require(test["text"]?.stringValue)
            let adapter = try #require(Adapter(rawValue: test["adapter"]?.stringValue ?? ""))
            let signature = try Prompts.signature(test)
            let ours = Result { () throws(UnparseableAnswer) in try adapter.parse(text, for: signature) }
            let theirs = answer["fields"]?.objectValue
            if (try? ours.get()) == theirs {
                equal += 1
                continue
            }
            let comparison = Difference.Comparison(
                kind: kind, text: text, signature: signature, ours: ours, theirs: theirs, error: answer["error"]?.stringValue)
            if let difference = Difference.all.first(where: { $0.covers(comparison) }) {
                unseen.remove(difference.reason)
            } else {
                Issue.record("\(comparison)")
            }
        }
        #expect(unseen.isEmpty || GeneratedCases.ownSeed != nil, "no case shows these differences any more")
        #expect(equal * 100 >= pairs.count * 90, "\(equal) of \(pairs.count) answers are read alike")
    }
}
