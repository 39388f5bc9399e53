/// Follows a question's relations through passages, from the names in the question to the name that answers it.
struct Reader: Sendable {
    struct Hop: Sendable {
        var name: String
        var sentence: Sentence
    }

    let question: Question
    private(set) var hops: [Hop] = []
    /// Relations that no sentence has answered yet.
    private(set) var open: [Question.Relation]
    /// Names that were passed over, best first: what a careless reader takes.
    private(set) var distractors: [String] = []
    private static let hopLimit = 6

    init(_ question: Question, passages: [Passage]) {
        self.question = question
        open = question.relations
        var known = question.names
        while hops.count < Self.hopLimit, let step = best(in: passages, from: frontier, known: known) {
            hops.append(step.hop)
            known.append(step.hop.name)
            open.removeAll { step.resolved.contains($0.key) }
        }
        let found = Set(known)
        for passage in passages {
            for name in passage.sentences.flatMap(\.names)
            where name.isNumber == question.wantsNumber && !found.contains(name.text) {
                if !distractors.contains(name.text), distractors.count < 12 { distractors.append(name.text) }
            }
        }
    }

    /// The names that the next hop starts from.
    var frontier: [String] { hops.last.map { [$0.name] } ?? question.names }

    /// The name that the passages give for the question, as far as they go.
    var answer: String? { hops.last?.name }

    /// Whether the outermost relations were answered: nothing that matters is open.
    var isComplete: Bool {
        guard !hops.isEmpty else { return false }
        if let wanted = question.wanted, question.relations.count > 2, open.contains(where: { $0.key == wanted }) { return false }
        return open.count * 3 <= question.relations.count
    }

    private struct Step {
        var hop: Hop
        var resolved: Set<UInt64>
        var score: Double
    }

    private func best(in passages: [Passage], from frontier: [String], known: [String]) -> Step? {
        var best: Step?
        for passage in passages {
            let isSubject = passage.subject.map { subject in frontier.contains { Self.same($0, subject) } } ?? false
            for sentence in passage.sentences {
                guard isSubject || frontier.isEmpty || frontier.contains(where: { sentence.mentions($0) }) else { continue }
                guard let step = step(sentence, isSubject: isSubject, known: known), step.score > best?.score ?? 0 else {
                    continue
                }
                best = step
            }
        }
        return best
    }

    private func step(_ sentence: Sentence, isSubject: Bool, known: [String]) -> Step? {
        var places: [Int] = []
        var resolved: Set<UInt64> = []
        var score = 0.0
        for relation in open {
            guard let place = sentence.words.firstIndex(where: { Question.related(relation, $0) }) else { continue }
            places.append(place)
            resolved.insert(relation.key)
            score += 1 / (1 + 0.08 * Double(relation.distance))
        }
        guard !places.isEmpty else { return nil }
        let candidates = sentence.names.filter { name in !known.contains { Self.same($0, name.text) } }
        guard let name = nearest(candidates, to: places, in: sentence) else { return nil }
        return Step(
            hop: Hop(name: name.text, sentence: sentence), resolved: resolved, score: score + (isSubject ? 0.4 : 0))
    }

    /// The candidate closest behind a matched word; a number only where one is wanted.
    private func nearest(_ candidates: [Sentence.Name], to places: [Int], in sentence: Sentence) -> Sentence.Name? {
        let last = open.count <= 2 || question.wantsNumber && open.count <= 3
        let fitting = candidates.filter { name in
            guard name.isNumber else { return !(question.wantsNumber && last && candidates.contains(where: \.isNumber)) }
            return question.wantsNumber && last && (!question.wantsYear || name.text.count == 4)
        }
        func distance(_ name: Sentence.Name) -> Int {
            places.map { place in
                place < name.range.lowerBound ? name.range.lowerBound - place : 2 * (place - name.range.upperBound + 1) + 1
            }.min() ?? .max
        }
        return fitting.min { distance($0) < distance($1) }
    }

    /// Whether two names mean one thing: equal, or one is the end of the other, as a surname is.
    static func same(_ a: String, _ b: String) -> Bool { a == b || a.hasSuffix(" " + b) || b.hasSuffix(" " + a) }
}
