internal import JSON

/// `best_of_n` and `refine`: runs a step until its answer is good enough, and keeps the best.
struct BestOfNStep: StepContent {
    static let options = ["threshold", "reward", "fail_count", "step", "steps"]

    let refines: Bool
    let count: Int
    let threshold: Double
    let failCount: Int?
    let reward: Reward
    private var inner: DeclaredStep

    init?(_ section: inout StepSection, refines: Bool) {
        let (count, failCount) = (section.count(section.key), section.count("fail_count", atLeast: 0))
        let threshold = section.number("threshold", default: 1)
        if threshold > 1 { section.report("threshold", "a reward is the share of the checks that hold, never above 1") }
        let path = section.path.appending("reward")
        let reward = Reward(reading: section.members["reward"], path: path, reader: &section.reader)
        let inner = section.inner()
        guard let count, let reward, let inner else { return nil }
        self.refines = refines
        self.count = count
        self.threshold = threshold
        self.failCount = failCount
        self.reward = reward
        self.inner = inner
    }

    private var key: String { refines ? "refine" : "best_of_n" }

    var json: JSONObject {
        var json: JSONObject = [
            "module": .string(key), key: .int(count), "threshold": .number(threshold), "reward": reward.json,
            "step": .object(inner.content.json),
        ]
        json["fail_count"] = failCount.map(JSON.int)
        return json
    }

    var sources: [String] {
        let own = outputNames + asides
        return (inner.content.sources + reward.references.filter { !own.contains($0) }).uniqued
    }

    var outputNames: [String] { inner.content.outputNames }
    var asides: [String] { inner.content.asides }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        scope.wire(&inner, reader: &reader)
        let own = outputNames + asides
        for reference in reward.references where !own.contains(reference) {
            scope.provide(NameUse(source: reference), to: name, path: path.appending("reward"), reader: &reader)
        }
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        let module = try inner.content.makeModule(after: earlier)
        let reward = reward
        let score: @Sendable (JSONObject, Prediction) async throws -> Double = { inputs, prediction in
            reward.score(inputs.merging(prediction.fields))
        }
        let best: any Module =
            refines
            ? Refine(module, n: count, threshold: threshold, failureLimit: failCount, goal: reward.words, reward: score)
            : BestOfN(module, n: count, threshold: threshold, failureLimit: failCount, reward: score)
        return WiredModule(module: best, inputs: sources.map { ($0, $0) })
    }

    var remark: String? { inner.content.remark }

    var constructor: String {
        let module = refines ? "Refine" : "BestOfN"
        return "\(module)(\(inner.content.constructor), N=\(count), threshold=\(JSON.number(threshold).serialized()))"
    }

    func declarations(_ attribute: String) -> [String] {
        let checks = reward.checks.map { check, weight in
            "#   \(check.words)\(weight == 1 ? "" : " (weight \(JSON.number(weight).serialized()))")"
        }
        return comment + ["# The reward is the share that holds of:"] + checks + ["\(attribute) = \(constructor)"]
    }
}

extension Sequence where Element: Hashable {
    /// Without repetition, each at its first place.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
