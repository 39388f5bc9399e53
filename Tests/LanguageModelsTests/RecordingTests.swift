import Foundation
import HTTP
import JSON
import Programs
import TestSupport
import Testing

@testable import LanguageModels

@Suite struct RecordingTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID().uuidString).jsonl").path

    private func settings(_ url: String = "http://127.0.0.1:1/v1") throws -> LanguageModelSettings {
        try LanguageModelSettings(model: "m", baseURL: url, temperature: 0.5, maxTokens: 9)
    }

    private func request(_ text: String, rollout: UInt64 = 1, temperature: Double? = nil) -> ChatRequest {
        ChatRequest(messages: [ChatMessage(role: .user, content: text)], temperature: temperature, rollout: rollout)
    }

    private struct Scripted: LanguageModel, EmbeddingModel {
        func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
            let text = request.messages[0].content
            if text == "long" { throw LanguageModelError(.contextWindow, "too long", status: 400, usage: Usage(attempts: 1)) }
            if text == "down" { throw LanguageModelError(.server, "no", status: 500) }
            let usage = Usage(calls: 1, attempts: 1, promptTokens: 4, completionTokens: 2)
            return ChatResponse(text: "re: \(text)\u{0}", alternatives: ["b"], finishReason: "stop", usage: usage)
        }

        func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
            EmbeddingResponse(vectors: texts.map { [Float($0.utf8.count), 0.1] }, usage: Usage(calls: 1, attempts: 1))
        }
    }

    /// What was recorded is what a replay answers, and it takes what it took.
    @Test func aReplayAnswersWhatWasRecorded() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let tape = CallTape.recording(try CallRecorder(path: path) { _ in })
        let model = tape.model(Scripted(), try settings(), .task)
        let first = try await model.complete(request("hello"))
        _ = try await model.complete(request("hello"))
        _ = try await model.complete(request("hello", rollout: 2))
        for text in ["long", "down"] { _ = try? await model.complete(request(text)) }
        let vectors = try await tape.embeddings(Scripted(), try settings()).embed(["a", "bcd"]).vectors
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5, "two draws, an error of the prompt's, two texts: \(lines)")

        let record = try CallRecord(path: path)
        let replay = CallTape.replaying(record)
        let replayed = replay.model(Scripted(), try settings(), .task)
        #expect(try await replayed.complete(request("hello")) == first)
        #expect(try await replayed.complete(request("hello")).usage == Usage(cached: 1))
        let error = await #expect(throws: LanguageModelError.self) { try await replayed.complete(request("long")) }
        #expect(error?.kind == .contextWindow && error?.message == "too long" && error?.usage == Usage(attempts: 1))
        #expect(try await replay.embeddings(Scripted(), try settings()).embed(["bcd", "a"]).vectors == [vectors[1], vectors[0]])
    }

    @Test func aMissSaysWhatDiffers() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recording = CallTape.recording(try CallRecorder(path: path) { _ in })
        for text in ["What is the capital of France?", "Who wrote Faust?"] {
            _ = try await recording.model(Scripted(), try settings(), .task).complete(request(text))
        }
        let replay = CallTape.replaying(try CallRecord(path: path))
        let cases: [(ChatRequest, String, Role, String)] = [
            (request("What is the capital of Spain?"), "http://127.0.0.1:1/v1", .task,
             "from character 24 on: 't is the capital of France?'"),
            (request("Who wrote Faust?", rollout: 7), "http://127.0.0.1:1/v1", .task, "'rollout': \"1\" then, \"7\" now"),
            (request("Who wrote Faust?", temperature: 0.7), "http://127.0.0.1:1/v1", .task, "'temperature': 0.5 then, 0.7 now"),
            (request("Who wrote Faust?"), "http://127.0.0.1:2/v1", .task, "its endpoint: 'http://127.0.0.1:1/v1' then"),
            (request("Who wrote Faust?"), "http://127.0.0.1:2/v1", .judge, "no call of that role"),
        ]
        for (request, url, role, words) in cases {
            let model = replay.model(Scripted(), try settings(url), role)
            let error = await #expect(throws: LanguageModelError.self) { try await model.complete(request) }
            #expect(error?.kind == .notRecorded && error?.fault == .refused)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    /// A process that was killed while it wrote left half a line; the next one goes on behind it.
    @Test func halfALineIsLeftBehind() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"{"key": "abc", "ro"#.utf8).write(to: URL(fileURLWithPath: path))
        let tape = CallTape.recording(try CallRecorder(path: path) { _ in })
        _ = try await tape.model(Scripted(), try settings(), .task).complete(request("hello"))
        let record = try CallRecord(path: path)
        #expect(record.count == 1 && record.broken == 1)
    }

    @Test func filesThatCannotBeUsedAreRefused() throws {
        #expect(throws: CallRecorder.Failure.self) { try CallRecorder(path: "/nowhere/record") { _ in } }
        #expect(throws: CallRecord.Failure.self) { try CallRecord(path: "/nowhere/record") }
        try Data("\n".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: CallRecord.Failure.self) { try CallRecord(path: path) }
    }
}
