package import JSON

/// What a worker reports of one example, or of a proposal.
package struct UnitResult: Sendable, Hashable {
    package enum Outcome: String, Sendable, Hashable {
        case scored
        case programError = "program_error"
        case metricError = "metric_error"
    }

    package enum Content: Sendable, Hashable {
        /// - score: finite; nil exactly for a metric error.
        /// - detail: prediction, error, feedback, trace.
        case example(Int, Outcome, score: Double?, detail: JSON)
        /// The proposer's outputs, or why there are none.
        case proposal(outputs: JSON?, error: String?)
    }

    package var unit: Int
    /// What the unit is, whatever its number: see ``LeasedUnit/identity(study:)``. nil: the number alone counts.
    package var identity: String?
    package var content: Content
    /// Usage by LM role.
    package var usage: JSON
    /// What it took, without ``waitedMilliseconds``.
    package var latencyMilliseconds: Int
    /// In which it only waited: for the budget, a limit or a provider, or to try a call again.
    package var waitedMilliseconds: Int

    package init(
        unit: Int, identity: String? = nil, content: Content, usage: JSON, latencyMilliseconds: Int, waitedMilliseconds: Int = 0
    ) {
        self.unit = unit
        self.identity = identity
        self.content = content
        self.usage = usage
        self.latencyMilliseconds = latencyMilliseconds
        self.waitedMilliseconds = waitedMilliseconds
    }

    /// What stands in for a result that the database can't store: missing data, with the reason.
    package func unstorable(_ reason: String) -> UnitResult {
        var copy = self
        copy.usage = [:]
        (copy.latencyMilliseconds, copy.waitedMilliseconds) = (0, 0)
        switch content {
        case .example(let number, _, _, _):
            let detail: JSON = ["error": ["kind": "store", "message": .string(reason)]]
            copy.content = .example(number, .metricError, score: nil, detail: detail)
        case .proposal: copy.content = .proposal(outputs: nil, error: reason)
        }
        return copy
    }

    /// As the report carries it.
    package var json: JSON {
        var object: JSONObject = [
            "unit": .int(unit), "usage": usage, "latency_ms": .int(latencyMilliseconds), "waited_ms": .int(waitedMilliseconds),
        ]
        switch content {
        case .example(let example, let outcome, let score, let detail):
            object["example"] = .int(example)
            object["outcome"] = .string(outcome.rawValue)
            object["score"] = score.map(JSON.double)
            object["detail"] = detail
        case .proposal(let outputs, let error):
            object["outputs"] = outputs
            object["error"] = error.map(JSON.string)
        }
        return .object(object)
    }
}

extension UnitResult {
    /// As a worker keeps it while it can't be reported.
    package var keptJSON: JSON {
        .object((json.objectValue ?? [:]).merging(identity.map { ["identity": .string($0)] } ?? [:]))
    }

    /// Reads what ``keptJSON`` wrote.
    package init?(kept json: JSON) {
        guard let unit = json["unit"]?.intValue, let latency = json["latency_ms"]?.intValue else { return nil }
        let content: Content
        if let example = json["example"]?.intValue {
            guard let outcome = json["outcome"]?.stringValue.flatMap(Outcome.init) else { return nil }
            content = .example(example, outcome, score: json["score"]?.doubleValue, detail: json["detail"] ?? .null)
        } else {
            content = .proposal(outputs: json["outputs"], error: json["error"]?.stringValue)
        }
        self.init(
            unit: unit, identity: json["identity"]?.stringValue, content: content, usage: json["usage"] ?? [:],
            latencyMilliseconds: latency, waitedMilliseconds: json["waited_ms"]?.intValue ?? 0)
    }
}

/// What became of a unit after a report.
package enum Verdict: String, Sendable {
    /// Some of its examples are still without a result.
    case open
    case closed
    /// There was nothing left to do: others finished it, or its study ended.
    case gone
    /// The number is another unit's: the database was restored meanwhile. Nothing was stored.
    case foreign
}
