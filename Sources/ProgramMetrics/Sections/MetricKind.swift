internal import Programs

/// The kinds of metric that a study file can name.
enum MetricKind: String, CaseIterable {
    case exactMatch = "exact_match"
    case accuracy
    case macroF1 = "macro_f1"
    case f1
    case hotPotF1 = "hotpot_f1"
    case contains
    case numeric
    case passageMatch = "passage_match"
    case jsonEquality = "json_equality"
    case semanticF1 = "semantic_f1"
    case completeAndGrounded = "complete_and_grounded"
    case lmJudge = "lm_judge"
    case embeddingSimilarity = "embedding_similarity"
    case weighted
    case swift
    case process

    /// The keys beside `kind`.
    var keys: [String] {
        switch self {
        case .exactMatch, .accuracy, .macroF1, .contains: ["field", "label"]
        case .f1, .hotPotF1, .embeddingSimilarity: ["field", "label", "threshold"]
        case .numeric: ["field", "label", "tolerance", "extract"]
        case .passageMatch: ["passages", "label"]
        case .jsonEquality: ["field", "label", "fields", "threshold"]
        case .semanticF1: ["field", "label", "question", "decompositional"]
        case .completeAndGrounded: ["field", "label", "question", "context"]
        case .lmJudge: ["rubric", "inputs", "scale"]
        case .weighted: ["weighted", "threshold"]
        case .swift: ["name", "labels"]
        case .process: ["command", "timeout", "labels"]
        }
    }

    /// The models beside the program's own that it asks.
    var roles: Set<Role> {
        switch self {
        case .semanticF1, .completeAndGrounded, .lmJudge: [.judge]
        case .embeddingSimilarity: [.embedding]
        default: []
        }
    }

    /// Whether a score is a matter of degree that is above 0 for nearly every answer.
    var isGradedByModel: Bool { !roles.isEmpty }

    /// `{weighted: […]}` needs no kind.
    init?(name: String?, isWeighted: Bool) {
        guard let name else {
            guard isWeighted else { return nil }
            self = .weighted
            return
        }
        self.init(rawValue: name)
    }
}
