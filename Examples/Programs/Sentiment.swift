import Nightshift

enum Mood: String, Codable, CaseIterable {
    case positive, negative, neutral
}

struct Remark: TypedSignature {
    @Input var text: String
    @Output var sentiment: Mood
}

/// The mood of a remark, by one predictor.
struct Sentiment: TypedProgram {
    let classify = Remark.predict()

    func respond(to remark: Remark) async throws -> Remark { try await classify.ask(remark) }
}
