internal import JSON
internal import Programs

/// Where a value that a judge is shown comes from.
enum JudgedValue: Sendable, Hashable {
    /// A field of the row.
    case example(String)
    /// An output of the program.
    case prediction(String)

    /// `example.NAME`, `prediction.NAME`; a bare name is the program's output where it has one of that name, else the row's
    /// field.
    init(_ text: String, outputs: [String]) {
        if text.hasPrefix("example.") {
            self = .example(String(text.dropFirst("example.".count)))
        } else if text.hasPrefix("prediction.") {
            self = .prediction(String(text.dropFirst("prediction.".count)))
        } else {
            self = outputs.contains(text) ? .prediction(text) : .example(text)
        }
    }

    func value(_ example: Example, _ prediction: Prediction) throws(MetricError) -> JSON {
        switch self {
        case .example(let name): try example.field(name)
        case .prediction(let name): try prediction.field(name)
        }
    }

    /// The field that every row must have for it.
    var label: String? {
        if case .example(let name) = self { name } else { nil }
    }
}
