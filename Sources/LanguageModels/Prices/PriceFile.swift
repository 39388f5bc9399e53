internal import FoundationEssentials
package import JSON

/// What is wrong with a file of prices.
package struct PriceFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package let file: String
    package let findings: [String]

    package var description: String { findings.map { "\(file): \($0)" }.joined(separator: "\n") }
}

extension PriceTable {
    /// The published prices under those of the user's file, where there is one: `NIGHTSHIFT_PRICES` names it, else it is
    /// `nightshift/prices.json` in `XDG_CONFIG_HOME` or `~/.config`.
    ///
    /// The file holds USD per million tokens: `{"openai/gpt-4o-mini": {"prompt": 0.15, "completion": 0.6}, …}`; embedding models
    /// have no `completion`.
    package static func load(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(PriceFileError) -> PriceTable {
        guard let file = file(environment) else { return PriceTable() }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw PriceFileError(file: file, findings: ["cannot be read (NIGHTSHIFT_PRICES names the file of prices)"])
        }
        let json: JSON
        do throws(JSONSyntaxError) {
            json = try JSON(parsing: [UInt8](data))
        } catch {
            throw PriceFileError(file: file, findings: ["is not JSON: \(error)"])
        }
        return try PriceTable(own: json, file: file)
    }

    /// nil where no file is named and none lies at the usual place.
    private static func file(_ environment: [String: String]) -> String? {
        if let named = environment["NIGHTSHIFT_PRICES"], !named.isEmpty { return named }
        // A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
        let folders = [environment["XDG_CONFIG_HOME"], environment["HOME"].map { $0 + "/.config" }]
        guard let folder = folders.compactMap({ $0 }).first(where: { $0.hasPrefix("/") }) else { return nil }
        let file = folder + "/nightshift/prices.json"
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }

    /// - Parameter file: the name for messages.
    /// - Throws: all that is wrong, each with the model and the key.
    package init(own json: JSON, file: String) throws(PriceFileError) {
        guard let models = json.objectValue else {
            throw PriceFileError(
                file: file, findings: [#"must be an object such as {"openai/NAME": {"prompt": 0.15, "completion": 0.6}}"#])
        }
        var findings: [String] = []
        var prices: [String: Price] = [:]
        for (model, value) in models { prices[model] = Self.price(value, of: model, &findings) }
        guard findings.isEmpty else { throw PriceFileError(file: file, findings: findings) }
        self.init(own: prices)
    }

    private static func price(_ json: JSON, of model: String, _ findings: inout [String]) -> Price? {
        let keys = ["prompt", "completion"]
        guard let members = json.objectValue else {
            findings.append("\"\(model)\" must be an object with prompt and completion, not \(json.kindName)")
            return nil
        }
        let count = findings.count
        var numbers: [String: Double] = [:]
        for (key, value) in members {
            if !keys.contains(key) {
                let hint = nearestName(to: key, in: keys).map { "; did you mean \($0)?" } ?? ""
                findings.append("\"\(model)\" has an unknown key \"\(key)\" (known: \(keys.joined(separator: ", ")))\(hint)")
            } else if let number = value.doubleValue, number.isFinite, number >= 0 {
                numbers[key] = number
            } else {
                let found = value.doubleValue == nil ? value.kindName : value.serialized()
                findings.append("\"\(model)\": \(key) must be USD per million tokens, a number of at least 0, not \(found)")
            }
        }
        if members["prompt"] == nil { findings.append("\"\(model)\" has no prompt, the price of a million prompt tokens in USD") }
        guard findings.count == count, let prompt = numbers["prompt"] else { return nil }
        return Price(prompt: prompt, completion: numbers["completion"])
    }
}
