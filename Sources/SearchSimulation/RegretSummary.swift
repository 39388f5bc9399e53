package import JSON

/// The regrets of one method on the surfaces of one class, as `regret.py` prints them.
package struct RegretSummary: Sendable {
    package var cls: String
    package var method: SearchMethod
    package var budget: Int
    /// Per surface: its seed and the regret after 1, 2, … full evaluations, in points.
    package var runs: [(seed: Int, regret: [Double])]

    package init(cls: String, method: SearchMethod, budget: Int, runs: [(seed: Int, regret: [Double])]) {
        self.cls = cls
        self.method = method
        self.budget = budget
        self.runs = runs
    }

    package var mean: [Double] {
        (0..<budget).map { place in runs.reduce(0) { $0 + $1.regret[place] } / Double(runs.count) }
    }

    /// The standard error of the mean: the surfaces' standard deviation by the root of their number.
    package var standardError: [Double] {
        zip(0..<budget, mean).map { place, mean in
            let squares = runs.reduce(0) { $0 + ($1.regret[place] - mean) * ($1.regret[place] - mean) }
            return (squares / Double(runs.count)).squareRoot() / Double(runs.count).squareRoot()
        }
    }

    /// - Parameter withRuns: whether the regret of every single surface is in it.
    package func json(withRuns: Bool) -> JSON {
        var json: JSONObject = [
            "cls": .string(cls), "method": .string(method.rawValue), "seeds": .int(runs.count), "budget": .int(budget),
            "regret": .array(mean.map { .double(rounded($0, 100)) }),
            "sem": .array(standardError.map { .double(rounded($0, 100)) }),
        ]
        if withRuns {
            json["runs"] = .array(
                runs.map { run in
                    ["seed": .int(run.seed), "regret": .array(run.regret.map { .double(rounded($0, 10_000)) })]
                })
        }
        return .object(json)
    }

    private func rounded(_ value: Double, _ scale: Double) -> Double { (value * scale).rounded() / scale }
}
