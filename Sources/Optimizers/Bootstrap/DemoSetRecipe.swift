internal import Randomness

/// How one demo set is made: DSPy's candidate sets, numbered from −3.
struct DemoSetRecipe: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// No demos at all.
        case zeroShot
        /// Training rows as they are.
        case labelled
        /// Traces of the first `size` successes along `order`, then training rows.
        case bootstrapped(order: [Int], size: Int)
    }

    /// −3 zero-shot, −2 labelled, −1 bootstrapped in file order, from 0 on shuffled.
    let number: Int
    let kind: Kind

    /// Labelled sets without labelled demos would be empty ones: they become shuffled sets instead, as in MIPROv2.
    init(number: Int, limits: DemoLimits, rowCount: Int, seed: UInt64) {
        self.number = number
        switch number {
        case -3: kind = .zeroShot
        case -2 where limits.labeled > 0: kind = .labelled
        case -1: kind = .bootstrapped(order: Array(0..<rowCount), size: limits.bootstrapped)
        default:
            var generator = KeyedGenerator(seed: seed, purpose: "demos/order", index: number)
            let order = generator.shuffled(Array(0..<rowCount))
            kind = .bootstrapped(order: order, size: limits.bootstrapped > 0 ? 1 + generator.below(limits.bootstrapped) : 0)
        }
    }

    /// For the trial table.
    var description: String {
        switch kind {
        case .zeroShot: "zero-shot"
        case .labelled: "labelled demos"
        case .bootstrapped(_, let size):
            number < 0 ? "bootstrapped, \(size) in file order" : "bootstrapped, \(size) in shuffled order \(number)"
        }
    }
}

/// How many demos of each kind a predictor may have. `labeled` bounds the total, unless the traced ones alone are more.
struct DemoLimits: Sendable, Hashable {
    var bootstrapped: Int
    var labeled: Int
}
