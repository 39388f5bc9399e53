import Foundation
import JSON
import TestSupport
import Testing

@testable import Programs

/// Byte for byte against DSPy.
@Suite(.enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
struct DSPyParityTests {
    let peer: DSPyPeer

    init() throws { peer = try DSPyPeer.shared.get() }

    @Test func promptsAreEqual() throws {
        let (cases, answers) = (try #require(peer.cases["render"]?.arrayValue), try #require(peer.answers["render"]?.arrayValue))
        #expect(cases.count >= 24 && cases.count == answers.count)
        for (test, answer) in zip(cases, answers) {
            let signature = try Prompts.signature(test)
            let demos = (test["demos"]?.arrayValue ?? []).compactMap(\.objectValue)
            let inputs = try #require(test["inputs"]?.objectValue)
            for (adapter, key) in [(Adapter.chat, "messages"), (.json, "json")] {
                let messages = adapter.messages(signature, demos: demos, inputs: try signature.completed(inputs))
                let difference = Prompts.difference(messages, answer[key] ?? .null)
                #expect(difference == nil, "\(test.serialized())\n\(difference ?? "")")
            }
            let fields = signature.fields.map { ["prefix": $0.prefix, "description": $0.description ?? "${\($0.name)}"] }
            let state = answer["state"]?["fields"]?.arrayValue?.map {
                ["prefix": $0["prefix"]?.stringValue, "description": $0["description"]?.stringValue]
            }
            #expect(fields == state)
            #expect(signature.instructions == answer["state"]?["instructions"]?.stringValue)
        }
    }

    /// DSPy trains in the chat form alone.
    @Test func trainingChatsAreEqual() throws {
        let (cases, answers) = (try #require(peer.cases["render"]?.arrayValue), try #require(peer.answers["render"]?.arrayValue))
        var count = 0
        for (test, answer) in zip(cases, answers) {
            guard let theirs = answer["training"], !theirs.isNull else { continue }
            let signature = try Prompts.signature(test)
            let demos = (test["demos"]?.arrayValue ?? []).compactMap(\.objectValue)
            let outputs = try #require(
                demos.first { demo in signature.outputs.allSatisfy { demo[$0.name].map { !$0.isNull } ?? false } })
            let predictor = PredictorDescription(path: "p", signature: signature, module: "Predict")
            let state = PredictorState(instructions: signature.instructions, demos: demos)
            let ours = try predictor.trainingChat(state, inputs: try #require(test["inputs"]?.objectValue), outputs: outputs)
            let difference = Prompts.difference(ours, theirs)
            #expect(difference == nil, "\(test.serialized())\n\(difference ?? "")")
            count += 1
        }
        #expect(count >= 5)
    }

    @Test func answersAreReadAlike() throws {
        let (cases, answers) = (try #require(peer.cases["parse"]?.arrayValue), try #require(peer.answers["parse"]?.arrayValue))
        #expect(cases.count >= 20 && cases.count == answers.count)
        for (test, answer) in zip(cases, answers) {
            let ours = try? ChatAdapter().parse(try #require(test["text"]?.stringValue), for: Prompts.signature(test))
            let theirs = answer["fields"]?.objectValue
            #expect(
                ours == theirs,
                "\(test.serialized())\nours: \(ours.map { JSON.object($0).serialized() } ?? "error")\ntheirs: \(answer.serialized())"
            )
        }
    }

    @Test func prefixesAreEqual() throws {
        for (name, prefix) in try #require(peer.answers["prefixes"]?.objectValue) {
            #expect(humanisedName(name) == prefix.stringValue)
        }
    }

    private func file(_ name: String) throws -> JSON {
        try JSON(parsing: Array(Data(contentsOf: peer.folder.appending(path: name))))
    }

    private func withoutLM(_ entry: JSON?) -> JSON? {
        entry?.objectValue.map { members in .object(members.filter { $0 != "lm" }) }
    }

    @Test func dspyLoadsAnEnsemble() throws {
        let answer = try #require(peer.answers["ensemble"])
        let members = Banking.ensemble.members
        #expect(answer["topics"] == .array(members.map { .string($0["topic"]?.instructions ?? "") }))
        #expect(answer["demos"] == .array(members.map { .int($0["intent.predict"]?.demos.count ?? -1) }))
        #expect(answer["nearest"] == 1 && answer["bare"] == 1)
        let resaved = try StateFile(for: Banking.program).state(from: try file("ensemble-resaved.json"))
        #expect(resaved.members == members)
    }

    @Test func dspyLoadsOurFile() throws {
        let (ours, resaved) = (try file("ours.json"), try file("resaved.json"))
        let model = try #require(Banking.state["intent.predict"]?.model)
        #expect(
            peer.answers["state"] == [
                "topic": .string(Banking.state["topic"]?.instructions ?? ""), "demos": 2,
                "models": [.null, ["LM", .string(model), .null]],
            ])
        for path in Banking.state.paths {
            #expect(ours[path] != nil)
            #expect(withoutLM(ours[path])?.serialized(.pretty) == withoutLM(resaved[path])?.serialized(.pretty))
            // DSPy writes its defaults beside the model.
            #expect(ours[path]?["lm"]?["model"] == resaved[path]?["lm"]?["model"])
        }
        #expect(ours["topic"]?["lm"] == .null && ours["intent.predict"]?["lm"] == ["model": .string(model)])
        let state = try StateFile(for: Banking.program).load(from: peer.folder.appending(path: "resaved.json").path)
        #expect(state == Banking.state)
        #expect(ours["metadata"] == ["dependency_versions": [:]])
        let text = try String(contentsOf: peer.folder.appending(path: "ours.json"), encoding: .utf8)
        #expect(text.hasSuffix("}\n"))
    }

    @Test func weLoadTheirFile() throws {
        let theirs = try StateFile(for: Banking.program).load(from: peer.folder.appending(path: "theirs.json").path)
        #expect(theirs["topic"]?.instructions == "Say what it is about.\n\nOne word.")
        #expect(theirs["topic"]?.demos == [["utterance": "Où est ma carte ?", "topic": "card", "augmented": true]])
        #expect(
            theirs["intent.predict"]?.demos == [["utterance": "a", "topic": "cash", "intent": "atm", "score": 0.5, "ok": true]])
        #expect(theirs["topic"]?.model == nil && theirs["intent.predict"]?.model == "openai/ft:gpt-4o-mini:theirs::2")
        let file = try file("theirs.json")
        let written = StateFile(for: Banking.program).json(theirs)
        for path in theirs.paths {
            #expect(withoutLM(written[path])?.serialized(.pretty) == withoutLM(file[path])?.serialized(.pretty))
        }
        let bare = SwiftProgram(Predict("question -> answer"), name: "bare")
        let state = try StateFile(for: bare).load(from: peer.folder.appending(path: "bare.json").path)
        #expect(state["self"]?.demos == [["question": "1+1", "answer": "2"]])
    }
}

/// What the parity tests of prompts have in common.
enum Prompts {
    /// The signature of a case as a study file would give it.
    static func signature(_ test: JSON) throws -> Signature {
        var step: JSONObject = ["predict": test["signature"] ?? .null]
        step["instructions"] = test["instructions"]
        step["fields"] = test["fields"]
        let program = try DeclaredProgram(section: ["steps": [["step": .object(step)]]], inputs: nil) { _ in [] }
        return try #require(program.predictors.first).signature
    }

    /// The first line in which DSPy's messages differ from ours, byte for byte; nil without a difference.
    static func difference(_ ours: [ChatMessage], _ theirs: JSON) -> String? {
        func lines(_ messages: [(role: String, content: String)]) -> [[UInt8]] {
            messages.flatMap { message in
                [Array(message.role.utf8)]
                    + message.content.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
            }
        }
        let left = lines(ours.map { ($0.role.rawValue, $0.content) })
        let right = lines((theirs.arrayValue ?? []).map { ($0["role"]?.stringValue ?? "", $0["content"]?.stringValue ?? "") })
        guard left != right else { return nil }
        guard let pair = zip(left, right).first(where: { $0 != $1 }) else { return "\(left.count) lines against \(right.count)" }
        return "ours:   \(String(decoding: pair.0, as: UTF8.self))\ntheirs: \(String(decoding: pair.1, as: UTF8.self))"
    }
}
