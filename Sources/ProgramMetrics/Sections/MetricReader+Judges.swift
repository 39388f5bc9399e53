internal import JSON
internal import Programs

extension MetricReader {
    mutating func semanticF1() -> MetricPlan? {
        let isDecompositional = flag("decompositional")
        let question = rowField("question", usual: "question")
        guard let (field, label) = fieldAndLabel(), let question else { return nil }
        return plan(.semanticF1, labels: [question, label]) { model in
            SemanticF1(question: question, field: field, label: label, isDecompositional: isDecompositional, model: model)
        }
    }

    mutating func completeAndGrounded() -> MetricPlan? {
        let question = rowField("question", usual: "question")
        let context = rowField("context", usual: "context").map { JudgedValue($0, outputs: outputs) }
        if case .prediction(let name) = context { check(output: name, at: path.appending("context")) }
        guard let (field, label) = response(), let question, let context else { return nil }
        return plan(.completeAndGrounded, labels: [question, label] + [context.label].compactMap(\.self)) { model in
            CompleteAndGrounded(question: question, field: field, label: label, context: context, model: model)
        }
    }

    /// The context is an output too; it is not what is judged.
    private mutating func response() -> (field: String, label: String)? {
        let context = members["context"]?.stringValue ?? "context"
        let others = outputs.filter { $0 != context }
        let field = output("field", usual: others.count == 1 ? others[0] : nil)
        let label = rowField("label", usual: field)
        guard let field, let label else { return nil }
        return (field, label)
    }

    mutating func rubricJudge() -> MetricPlan? {
        let rubric = string("rubric")
        if members["rubric"] == nil || rubric?.isEmpty == true {
            report("rubric", "a judge needs a rubric: what makes an answer good, in words")
        }
        let (inputs, scale) = (judgedInputs(), scale())
        guard let rubric, let scale, let inputs else { return nil }
        do throws(SignatureError) {
            _ = try RubricJudge(rubric: rubric, inputs: inputs, scale: scale, model: nil)
        } catch {
            report("inputs", "\(error); show it under another name: {OTHER: NAME}")
            return nil
        }
        let place = path
        let labels = inputs.compactMap(\.value.label)
        return plan(.lmJudge, labels: labels) { model throws(Diagnostics) in
            do throws(SignatureError) {
                return try RubricJudge(rubric: rubric, inputs: inputs, scale: scale, model: model)
            } catch {
                throw Diagnostics([Diagnostic(place.appending("inputs"), error.description)])
            }
        }
    }

    /// `[question, answer]` or `{question: question, right_answer: example.answer}`.
    private mutating func judgedInputs() -> [(name: String, value: JudgedValue)]? {
        let place = path.appending("inputs")
        let advice = "name what the judge sees: [question, answer], or {question: question, right_answer: example.answer}"
        guard let value = members["inputs"] else {
            report(place, "is missing; \(advice)")
            return nil
        }
        let named: [(String, JSON)]
        switch value {
        case .array(let list): named = list.map { ($0.stringValue ?? "", $0) }
        case .object(let object): named = object.map { ($0.key, $0.value) }
        default: named = []
        }
        if named.isEmpty { report(place, "\(advice), not \(value.serialized())") }
        var inputs: [(name: String, value: JudgedValue)] = []
        for (name, source) in named {
            guard let text = source.stringValue else {
                report(place, "'\(source.serialized())' is not a field; \(advice)")
                continue
            }
            guard Self.isIdentifier(name) else {
                report(place, "'\(name)' is not a name that a judge can be shown; write {NAME: \(text)}")
                continue
            }
            let value = JudgedValue(text, outputs: outputs)
            if case .prediction(let output) = value { check(output: output, at: place) }
            if RubricJudge.outputNames.contains(name) {
                report(place, "'\(name)' is what the judge answers; show it under another name: {judged_\(name): \(text)}")
            }
            inputs.append((name, value))
        }
        return inputs
    }

    private static func isIdentifier(_ name: String) -> Bool {
        let isWord = { (scalar: Unicode.Scalar) in scalar == "_" || scalar.properties.isAlphabetic }
        guard let first = name.unicodeScalars.first, isWord(first) else { return false }
        return name.unicodeScalars.allSatisfy { isWord($0) || $0.properties.numericType == .decimal }
    }

    private mutating func scale() -> ClosedRange<Double>? {
        guard let value = members["scale"] else { return 1...5 }
        guard let scale = value.objectValue, scale.keys.allSatisfy({ ["min", "max"].contains($0) }),
            let least = scale["min"]?.doubleValue, let most = scale["max"]?.doubleValue, least < most
        else {
            report("scale", "'scale' gives the worst and the best score, such as {min: 1, max: 5}, not \(value.serialized())")
            return nil
        }
        return least...most
    }

    mutating func embeddingSimilarity() -> MetricPlan? {
        let (threshold, place) = (threshold(), path.appending("kind"))
        guard let (field, label) = fieldAndLabel() else { return nil }
        return MetricPlan(kind: .embeddingSimilarity, section: section, labels: [label]) { services throws(Diagnostics) in
            if services.embedding == nil, !services.isCheck {
                throw Diagnostics([Diagnostic(place, "embedding_similarity needs an embedding model; set lm.embedding")])
            }
            return EmbeddingSimilarity(field: field, label: label, threshold: threshold, model: services.embedding)
        }
    }

    /// The plan of a metric that asks the judge.
    private func plan(
        _ kind: MetricKind, labels: [String],
        make: @escaping @Sendable ((any LanguageModel)?) throws(Diagnostics) -> any Metric
    ) -> MetricPlan {
        let place = path.appending("kind")
        let unique = labels.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return MetricPlan(kind: kind, section: section, labels: unique) { services throws(Diagnostics) in
            if services.judge == nil, !services.isCheck {
                throw Diagnostics([Diagnostic(place, "\(kind.rawValue) needs a judge model; set lm.judge")])
            }
            return try make(services.judge)
        }
    }
}
