/// A provider whose models are named by a prefix: `openai/gpt-4o-mini`. It also says which API an endpoint speaks.
package enum Provider: String, Sendable, Hashable, CaseIterable {
    case openai
    case anthropic

    package var host: String {
        switch self {
        case .openai: "api.openai.com"
        case .anthropic: "api.anthropic.com"
        }
    }

    package var baseURL: String { "https://\(host)/v1" }

    /// The environment variable that holds the API key unless the settings name another.
    package var keyVariable: String {
        switch self {
        case .openai: "OPENAI_API_KEY"
        case .anthropic: "ANTHROPIC_API_KEY"
        }
    }

    /// The header fields that carry the API key, and what else every request of the API needs.
    func headers(apiKey: String?) -> [(String, String)] {
        switch self {
        case .openai: apiKey.map { [("Authorization", "Bearer \($0)")] } ?? []
        case .anthropic: [("anthropic-version", "2023-06-01")] + (apiKey.map { [("x-api-key", $0)] } ?? [])
        }
    }
}
