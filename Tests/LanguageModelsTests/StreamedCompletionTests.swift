import JSON
import Testing

@testable import LanguageModels

@Suite struct StreamedCompletionTests {
    @Test func eventsComeInAnyPieces() {
        let text = "data: one\n\n: a comment\r\n\r\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\ndata: last"
        for size in 1...text.utf8.count {
            var events = ServerSentEvents()
            var found: [String] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                found += events.add(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(found + events.end() == ["one", "two\nlines", "last"])
        }
    }

    /// Two choices, one of which calls a tool piece by piece.
    @Test func partsMakeAWhole() throws {
        let parts = [
            #"{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":1,"delta":{"role":"assistant","content":"a"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","#
                + #""function":{"name":"f","arguments":"{\"x\""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ]
        var answer = StreamedCompletion()
        for part in parts { #expect(!answer.add(try JSON(parsing: part))) }
        #expect(answer.completion == nil, "the second choice has not ended")
        #expect(!answer.add(try JSON(parsing: #"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}],"usage":null}"#)))
        #expect(answer.add(try JSON(parsing: #"{"choices":[],"usage":{"total_tokens":9}}"#)))
        let whole = try #require(answer.completion)
        #expect(whole["object"] == "chat.completion" && whole["model"] == "m" && whole["usage"]?["total_tokens"] == 9)
        let message = whole["choices"]?[0]?["message"]
        #expect(
            message?["tool_calls"]
                == [["id": "t", "type": "function", "function": ["name": "f", "arguments": #"{"x":1}"#]]])
        #expect(whole["choices"]?[0]?["finish_reason"] == "tool_calls" && message?["content"] == .null)
        #expect(whole["choices"]?[1]?["message"] == ["role": "assistant", "content": "ab"])

        // Taken apart and put together again it is the same.
        var again = StreamedCompletion()
        for part in StreamedCompletion.parts(of: whole, withUsage: true) { again.add(part) }
        #expect(again.completion == whole)
        #expect(StreamedCompletion.parts(of: whole, withUsage: false).allSatisfy { $0["usage"] == nil })
    }
}
