import JSON
import Testing

@testable import SimulatedLM

@Suite struct ReadingTests {
    private func reader(_ question: String, _ passages: String...) -> Reader {
        Reader(Question(question), passages: passages.map { Passage($0) })
    }

    @Test func passagesAreReadInEveryForm() {
        let texts = ["A tale of Orrstead.", "Two lines\nof text."]
        #expect(Passage.all(in: "[1] «\(texts[0])»\n[2] «««\n    Two lines\n    of text.\n»»»").count == 2)
        #expect(Passage.all(in: #"["A tale of Orrstead.", "Two."]"#).map(\.sentences.count) == [1, 1])
        #expect(Passage.all(in: "«\(texts[0])»").first?.sentences.first?.text == texts[0])
        #expect(Passage.all(in: "N/A").isEmpty)
    }

    @Test func questionsAreTakenApart() {
        let question = Question(Library.question)
        #expect(question.names == ["Irongate Bridge"])
        #expect(question.relations.map(\.word).prefix(2) == ["builder", "born"])
        #expect(Question("In which year was Ambergate Paper founded?").wantsYear)
        #expect(Question("Who founded Wintercrest Tools?").names == ["Wintercrest Tools"])
    }

    @Test func relationsLeadFromPassageToPassage() {
        #expect(reader(Library.question, Library.bridge, Library.other).hops.map(\.name) == ["Osric Vanster"])
        #expect(!reader(Library.question, Library.bridge, Library.builder).isComplete)
        let whole = reader(Library.question, Library.other, Library.town, Library.builder, Library.bridge)
        #expect(whole.hops.map(\.name) == ["Osric Vanster", "Orrstead", "Norin"])
        #expect(whole.isComplete && whole.answer == "Norin")
        #expect(whole.distractors.contains("Sefa Lodway"))
    }

    @Test(arguments: [
        ("In which year was Irongate Bridge opened?", "1856"), ("Which river does Irongate Bridge cross?", "Lemes"),
        ("Who built Irongate Bridge?", "Osric Vanster"), ("Who is the mayor of Orrstead?", "Petra Ashway"),
        ("In which town was Osric Vanster born?", "Orrstead"), ("In which year was Orrstead founded?", "1304"),
    ])
    func onePassageAnswers(question: String, answer: String) {
        #expect(reader(question, Library.other, Library.bridge, Library.builder, Library.town).answer == answer)
    }

    @Test(arguments: [
        ("What is 12 * (3 + 4)?", "12 * (3 + 4)"), ("What is the product of 12 and 31?", "12 * 31"), ("How old is Ann?", nil),
        ("Compute 2^5 - 1.", "2**5 - 1"),
    ])
    func calculationsAreFound(question: String, expression: String?) {
        #expect(Arithmetic.expression(in: question) == expression)
    }

    @Test func pythonsValuesAreRead() {
        #expect(
            PythonValue.parse("{'query': {'type': 'string', 'n': [1, 2.5, None, True]}} and more") == [
                "query": ["type": "string", "n": [1, 2.5, .null, true]]
            ])
        #expect(PythonValue.parse(#"{"a": "it\"s"}"#) == ["a": "it\"s"])
        #expect(PythonValue.parse("{'a': ") == nil)
    }
}
