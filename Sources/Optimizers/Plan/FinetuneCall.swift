package import JSON

/// One job of the provider's fine-tuning service.
package struct FinetuneCall: Sendable, Hashable {
    /// Unique within the study; with the study's id it finds the job again that an earlier attempt has created.
    package var key: String
    /// The model to train, as the study names it; nil: the model of the role `task`.
    package var model: String?
    /// Training examples as chats: `{"messages": [{"role": …, "content": …}, …]}`.
    package var rows: [JSON]
    /// What the provider is told of the training itself, such as `{"n_epochs": 3}`.
    package var settings: JSONObject

    package init(key: String, model: String? = nil, rows: [JSON], settings: JSONObject = [:]) {
        self.key = key
        self.model = model
        self.rows = rows
        self.settings = settings
    }

    package var json: JSON {
        [
            "key": .string(key), "model": model.map(JSON.string) ?? .null, "rows": .array(rows), "settings": .object(settings),
        ]
    }

    package init(json: JSON) throws(Diagnostic) {
        let reader = MemberReader(json)
        key = try reader.string("key")
        model = json["model"]?.stringValue
        rows = try reader.array("rows")
        settings = try reader.object("settings")
    }
}
