package import JSON
package import Programs

/// DSPy's COPRO: instructions, improved predictor by predictor.
package struct COPROSettings: KindSettings {
    package static let name = "copro"

    /// Instructions per predictor and depth; the first time the original is one of them.
    package var breadth = 10
    /// How often every predictor is looked at; before each time but the first, new instructions are written.
    package var depth = 3
    package var initTemperature = 1.4

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.hint([
            "eval_kwargs": "candidates are evaluated on the validation split; failure_score and width are settings of their own",
            "num_candidates": "copro writes breadth × depth instructions for every predictor",
            "num_trials": "copro evaluates what it writes: breadth × depth instructions for every predictor",
            "max_bootstrapped_demos": "copro leaves demos as they are; use `kind: mipro`",
            "max_labeled_demos": "copro leaves demos as they are; use `kind: mipro`",
        ])
        reader.integer("breadth", in: 2...1000, into: &breadth)
        reader.integer("depth", in: 1...1000, into: &depth)
        reader.temperature("init_temperature", into: &initTemperature)
    }

    package var members: JSONObject {
        ["breadth": .int(breadth), "depth": .int(depth), "init_temperature": .double(initTemperature)]
    }

    package var roles: Set<Role> { [.prompt] }

    /// With several predictors, what was written earlier is evaluated again beside the others' new instructions.
    package func plannedExamples(_ size: StudySize) -> Int {
        guard size.predictors > 1 else { return (breadth * depth - 1) * size.val }
        return size.predictors * size.val * (1...depth).reduce(0) { $0 + breadth * $1 - 1 }
    }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { COPRO(facts: facts, settings: self) }
}

extension SectionReader {
    /// A sampling temperature, 0…2.
    mutating func temperature(_ key: String, into target: inout Double) {
        number(key, into: &target)
        if !(0...2).contains(target) { report(key, "\(target) is out of range; give a number from 0 to 2") }
    }
}
