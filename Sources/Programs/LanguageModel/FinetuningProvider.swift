package import JSON

/// Something that trains models on chats: a provider's fine-tuning.
package protocol FinetuningProvider: Sendable {
    /// Where the training that `order` asks for stands; begins it where it has not begun. To be asked again until it has ended.
    func progress(of order: FinetuningOrder) async throws(LanguageModelError) -> FinetuningProgress
}

/// What is to be trained. The key says which training it is: whoever asks, and however often, there is one job.
package struct FinetuningOrder: Sendable, Hashable {
    /// Unique in the provider's account; at most 512 characters.
    package var key: String
    /// A part of the new model's name, as unique as the key, for servers that keep no keys: at most 40 letters, digits, dashes.
    package var suffix: String
    /// What is trained further, `provider/NAME`; nil: the endpoint's model.
    package var model: String?
    /// `{"messages": [{"role", "content"}, …]}`, the last of which is the assistant's.
    package var chats: [JSON]
    /// Hyperparameters by the provider's names, beside `seed` and `method`.
    package var settings: JSONObject

    package init(key: String, suffix: String, model: String?, chats: [JSON], settings: JSONObject = [:]) {
        self.key = key
        self.suffix = suffix
        self.model = model
        self.chats = chats
        self.settings = settings
    }
}

/// Where a training stands.
package enum FinetuningProgress: Sendable, Hashable {
    /// - since: how long ago it was begun.
    case running(since: Duration)
    /// - model: `provider/NAME`, to be asked at the same endpoint.
    case succeeded(model: String)
    /// For good, in the provider's words.
    case failed(String)
}
