import JSON

/// What a client asks to train.
struct FinetuningRequest: Sendable {
    var model: String
    var trainingFile: String
    var validationFile: String?
    var suffix: String?
    var seed: Int
    var metadata: JSONObject
    /// With what the provider would choose filled in.
    var hyperparameters: JSONObject
    var method: JSON

    private static let choices = ["n_epochs", "batch_size", "learning_rate_multiplier"]
    private static let suffixLimit = 64

    /// - Throws: a ``Diagnostic`` at the first bad member.
    init(_ body: JSON) throws(Diagnostic) {
        func text(_ key: String) throws(Diagnostic) -> String? {
            guard let value = body[key], !value.isNull else { return nil }
            guard let text = value.stringValue, !text.isEmpty else { throw Self.finding(key, "expected a text") }
            return text
        }
        guard body.objectValue != nil else { throw Diagnostic(JSONPath(), "the body must be a JSON object") }
        guard let model = try text("model") else { throw Self.finding("model", "you must provide a model") }
        guard let file = try text("training_file") else { throw Self.finding("training_file", "you must provide a file's id") }
        (self.model, trainingFile) = (model, file)
        validationFile = try text("validation_file")
        suffix = try text("suffix")
        guard (suffix?.count ?? 0) <= Self.suffixLimit else {
            throw Self.finding("suffix", "at most \(Self.suffixLimit) characters")
        }
        seed = body["seed"]?.intValue ?? 0
        metadata = try Self.metadata(body["metadata"])
        let given = try Self.hyperparameters(body)
        hyperparameters = JSONObject(Self.choices.map { ($0, given[$0] ?? "auto") })
        method = ["type": "supervised", "supervised": ["hyperparameters": .object(hyperparameters)]]
    }

    /// At most 16 texts, with names of at most 64 and values of at most 512 characters.
    private static func metadata(_ value: JSON?) throws(Diagnostic) -> JSONObject {
        guard let value, !value.isNull else { return [:] }
        guard let object = value.objectValue, object.count <= 16,
            object.allSatisfy({ $0.key.count <= 64 && ($0.value.stringValue?.count ?? .max) <= 512 })
        else { throw finding("metadata", "expected at most 16 texts of at most 512 characters") }
        return object
    }

    /// From `method`, or from the older `hyperparameters`.
    private static func hyperparameters(_ body: JSON) throws(Diagnostic) -> JSONObject {
        var given = body["hyperparameters"]?.objectValue ?? [:]
        if let method = body["method"], !method.isNull {
            guard method["type"] == "supervised" else { throw finding("method", "only supervised training is simulated") }
            given = method["supervised"]?["hyperparameters"]?.objectValue ?? [:]
        }
        for (key, value) in given {
            guard choices.contains(key) else { throw finding("hyperparameters", "unknown hyperparameter '\(key)'") }
            guard value == "auto" || (value.doubleValue ?? 0) > 0 else {
                throw finding("hyperparameters", "\(key) must be 'auto' or a number above 0")
            }
        }
        return given
    }

    private static func finding(_ key: String, _ message: String) -> Diagnostic { Diagnostic(JSONPath([.key(key)]), message) }
}
