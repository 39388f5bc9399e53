package import Programs

/// What models cost. A value: nothing is fetched.
package struct PriceTable: Sendable, Hashable {
    /// USD per million tokens.
    package struct Price: Sendable, Hashable {
        package var prompt: Double
        /// nil for embedding models, which complete nothing.
        package var completion: Double?

        package init(prompt: Double, completion: Double? = nil) {
            self.prompt = prompt
            self.completion = completion
        }

        /// nil where tokens were used that have no price.
        package func cost(_ usage: Usage) -> Double? {
            if completion == nil, usage.completionTokens > 0 { return nil }
            return (Double(usage.promptTokens) * prompt + Double(usage.completionTokens) * (completion ?? 0)) / 1_000_000
        }
    }

    /// A user's prices, and those under the providers' own; by `provider/model`.
    private let own: [String: Price]
    private let all: [String: Price]

    /// - Parameter own: prices by `provider/model`, or by the model's name as a server of one's own knows it.
    package init(own: [String: Price] = [:], published: [String: Price] = Self.published) {
        self.own = own
        all = published.merging(own) { _, own in own }
    }

    /// What a usage cost in USD; nil where the model's price is not known, which is never the same as 0.
    ///
    /// Answers from a cache cost nothing. A provider's discount for prompts that it has seen before is not known here, so the
    /// figure is an upper bound.
    ///
    /// - Parameter model: `provider/model`; a dated name has the price of the model that it is a version of.
    package func cost(model: String, _ usage: Usage) -> Double? {
        price(of: model, in: all)?.cost(usage)
    }

    /// As ``cost(model:_:)``, but what another host serves under the name of a provider's model has only the user's price.
    package func cost(_ settings: LanguageModelSettings, _ usage: Usage) -> Double? {
        let name = "\(settings.provider.rawValue)/\(settings.model)"
        if settings.isProvidersOwn { return cost(model: name, usage) }
        return (price(of: name, in: own) ?? price(of: settings.model, in: own))?.cost(usage)
    }

    /// The price under that name; else under the longest name of which it is a dated version.
    private func price(of name: String, in prices: [String: Price]) -> Price? {
        if let price = prices[name] { return price }
        let bases = prices.keys.filter { name.hasPrefix($0) && Self.isVersion(name.dropFirst($0.count)) }
        return bases.max { $0.count < $1.count }.flatMap { prices[$0] }
    }

    /// `-2024-07-18`, `-20240718`, `@20240718` and `-latest`; but not `-mini`, nor a month and day alone: snapshots that are
    /// named so had prices of their own.
    private static func isVersion(_ rest: Substring) -> Bool {
        guard rest.first == "-" || rest.first == "@" else { return false }
        let text = rest.dropFirst()
        if text == "latest" { return true }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard [[8], [4, 2, 2]].contains(parts.map(\.count)), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let year = Int(digits.prefix(4)), let month = Int(digits.dropFirst(4).prefix(2)), let day = Int(digits.suffix(2))
        else { return false }
        return (2020..<2100).contains(year) && (1...12).contains(month) && (1...31).contains(day)
    }
}
