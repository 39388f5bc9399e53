package import LanguageModels

/// Where the calls of programs go.
package protocol GatewayDirectory: Sendable {
    /// - Parameter model: as the call names it; nil where it names none.
    func route(for attribution: Attribution, model: String?) async throws(GatewayError) -> GatewayRoute
    func models(for attribution: Attribution) async throws(GatewayError) -> GatewayModels
}

/// Whom a call asks, and who pays.
package struct GatewayRoute: Sendable {
    package var settings: LanguageModelSettings
    package var origin: CallOrigin
    package var isCached: Bool

    package init(settings: LanguageModelSettings, origin: CallOrigin, isCached: Bool) {
        self.settings = settings
        self.origin = origin
        self.isCached = isCached
    }
}

/// What models there are.
package enum GatewayModels: Sendable {
    case named([String])
    /// Those that an endpoint lists.
    case listed(by: LanguageModelSettings)
}
