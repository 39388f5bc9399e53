/// A provider whose models are named by a prefix: `openai/gpt-4o-mini`.
package enum Provider: String, Sendable, Hashable, CaseIterable {
    case openai

    package var host: String {
        switch self {
        case .openai: "api.openai.com"
        }
    }

    package var baseURL: String { "https://\(host)/v1" }

    /// The environment variable that holds the API key unless the settings name another.
    package var keyVariable: String {
        switch self {
        case .openai: "OPENAI_API_KEY"
        }
    }
}
