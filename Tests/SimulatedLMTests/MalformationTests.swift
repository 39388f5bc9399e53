import JSON
import Testing

@testable import SimulatedLM

@Suite struct MalformationTests {
    private let model = SimulatedModel(seed: 5)
    private let messages = [Prompts.chatSystem(), Prompts.user("My parcel is late")]

    private func request(_ number: Int, json: Bool = false) -> SimulatedModel.Request {
        .init(messages: [json ? Prompts.jsonSystem() : Prompts.chatSystem(), Prompts.user("My parcel \(number) is late")])
    }

    @Test func theShareIsKeptAndTheKindBelongsToTheRequest() {
        let kinds = (0..<600).map { model.malformation(of: request($0), rate: 0.3) }
        #expect((140...220).contains(kinds.count { $0 != nil }))
        #expect(Set(kinds.compactMap { $0 }) == Set(Malformation.allCases))
        #expect(kinds == (0..<600).map { model.malformation(of: request($0), rate: 0.3) })
        // A retry in another form is another request.
        #expect((0..<600).contains { kinds[$0] != nil && model.malformation(of: request($0, json: true), rate: 0.3) == nil })
    }

    @Test(arguments: Malformation.allCases, [false, true])
    func eachKindDoesWhatItSays(kind: Malformation, json: Bool) throws {
        let whole = model.answer(request(1, json: json))
        let text = model.answer(request(1, json: json), malformation: kind)
        #expect(text != whole && text == model.answer(request(1, json: json), malformation: kind))
        let object = try? JSON(parsing: text)
        let team = json ? object?["team"]?.stringValue : Prompts.value("team", in: text)
        switch kind {
        case .truncated:
            #expect(whole.hasPrefix(text) && Prompts.value("items", in: text) == nil)
            if json { #expect(object == nil) }
        case .wrongValue: #expect(!Prompts.labels.contains(try #require(team)))
        case .missingField: #expect((json ? object?.objectValue?.count : Sections(parsing: text).names.count) == (json ? 1 : 4))
        case .empty: #expect(text.isEmpty)
        case .long: #expect(text.utf8.count > 1_000_000)
        case .controlCharacters: #expect(text.contains("\u{0}\u{1}"))
        case .loneSurrogate: #expect(text.contains(Malformation.surrogateMark))
        }
    }

    @Test func promptsOfOneTextAreSpoiledToo() {
        let prompt = PartPrompt(inputs: [("question", "str")], outputs: [("answer", "str")])
        let request = SimulatedModel.Request(messages: prompt.messages(["question": "Who?"]))
        for kind in [Malformation.truncated, .wrongValue, .missingField, .empty] {
            #expect(Prompts.value("answer", in: model.answer(request, malformation: kind)) == nil, "\(kind)")
        }
    }
}
