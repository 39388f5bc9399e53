import JSON

/// Answers in the form that their prompt or request wants.
enum AnswerText {
    static func written(
        _ answers: [FieldAnswers.Answer], layout: PromptHead.Layout, format: AnswerFormat?, _ draw: Digest
    ) -> String {
        if layout == .object {
            let object = JSONObject(answers.map { ($0.field.name, $0.value) })
            return JSON.object(format.map { $0.fitted(object, draw) } ?? object).serialized(.pretty)
        }
        var text = ""
        for answer in answers {
            text += "[[ ## "
            text += answer.field.name
            text += " ## ]]\n"
            text += spelling(answer)
            text += "\n\n"
        }
        return text + "[[ ## completed ## ]]"
    }

    /// How the value of a field begins.
    static func opening(of name: String, layout: PromptHead.Layout) -> String {
        layout == .object ? "\"\(name)\":" : "[[ ## \(name) ## ]]"
    }

    private static func spelling(_ answer: FieldAnswers.Answer) -> String {
        if case .schema = answer.field.kind { return answer.value.stringValue ?? answer.value.serialized(.python) }
        return PythonLiterals.spelling(of: answer.value)
    }
}
