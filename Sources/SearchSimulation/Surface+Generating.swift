internal import Foundation
internal import Randomness

extension Surface {
    /// A surface of a class, with the distributions of `regret.py`'s and draws of our own, every part keyed by its purpose.
    package init(_ cls: SurfaceClass, seed: Int) {
        let parts = SurfaceParts(cls: cls, seed: seed)
        self.cls = cls.name
        self.seed = seed
        predictors = cls.predictors
        choices = parts.choices
        validation = cls.validation
        population = SurfaceParts.population
        width = parts.width
        isPipeline = cls.isPipeline
        base = parts.base()
        main = parts.main()
        pairs = parts.pairs()
        needle = parts.needle()
        ease = parts.ease()
        rank = SurfaceParts.rank
        traits = parts.traits()
        liking = parts.liking()
        optimum = 0
        optimum = climbed().score
    }
}

/// Draws the parts of a surface.
private struct SurfaceParts {
    static let population = 1500
    static let rank = 4
    /// The standard deviation of how much more an example gains from a point than others do.
    static let likingDeviation = 0.5

    let cls: SurfaceClass
    let choices: [Int]
    let width: Int
    private let seed: UInt64
    private let examples: Int
    private var dimensions: Int { choices.count }

    init(cls: SurfaceClass, seed: Int) {
        self.cls = cls
        self.seed = UInt64(bitPattern: Int64(seed))
        choices = (0..<cls.predictors).flatMap { _ in [cls.instructions, cls.demoSets] }
        width = max(cls.instructions, cls.demoSets)
        examples = cls.validation + Self.population
    }

    private func generator(_ part: String) -> KeyedGenerator {
        KeyedGenerator(seed: seed, purpose: "surface/\(part)/\(cls.name)")
    }

    func base() -> [Double] {
        var generator = generator("base")
        let base = -0.3 + 1.1 * generator.uniform()
        // A pipeline solves an example only where all of its predictors do.
        return cls.isPipeline ? Array(repeating: base + 1.6, count: cls.predictors) : [base]
    }

    /// Dimensions differ in importance; their squares sum to one.
    private func importance() -> [Double] {
        var generator = generator("importance")
        var relevance = [Double](repeating: cls.relevant == nil ? 1 : 0.05, count: dimensions)
        if let count = cls.relevant {
            for dimension in generator.sample(count, of: Array(0..<dimensions)) { relevance[dimension] = 1 }
        }
        let raw = relevance.map { $0 * exp(0.5 * generator.standardNormal()) }
        let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return raw.map { $0 / norm }
    }

    func main() -> [Double] {
        var generator = generator("main")
        return importance().flatMap { importance in
            (0..<width).map { _ in cls.main * importance * effect(&generator) }
        }
    }

    private func effect(_ generator: inout KeyedGenerator) -> Double {
        switch cls.tail {
        case .normal: return generator.standardNormal()
        case .heavy:
            let chiSquare = (0..<3).reduce(0) { sum, _ in
                let normal = generator.standardNormal()
                return sum + normal * normal
            }
            // Student's t has the variance 3 here.
            return generator.standardNormal() / chiSquare.squareRoot()
        case .harmful:
            let isHarmful = generator.uniform() < 0.12
            let normal = generator.standardNormal()
            return isHarmful ? -6 * abs(normal) - 2 : normal
        }
    }

    /// Interactions of 35 % of all pairs of dimensions, about every second one sparse.
    func pairs() -> [Surface.Pair] {
        guard cls.pair > 0 else { return [] }
        var generator = generator("pairs")
        let all = (0..<dimensions).flatMap { first in ((first + 1)..<dimensions).map { (first, $0) } }
        let count = max(1, Int((0.35 * Double(all.count)).rounded(.toNearestOrEven)))
        return generator.sample(count, of: all).map { first, second in
            let isSparse = generator.uniform() < 0.5
            let weights = (0..<(width * width)).map { _ in
                let weight = cls.pair / Double(count).squareRoot() * generator.standardNormal()
                return isSparse ? (generator.uniform() < 0.25 ? 2 * weight : 0) : weight
            }
            return Surface.Pair(first: first, second: second, weights: weights)
        }
    }

    func needle() -> Surface.Needle? {
        guard let height = cls.needle else { return nil }
        var generator = generator("needle")
        let chosen = generator.sample(2, of: Array(0..<dimensions))
        return Surface.Needle(dimensions: chosen, choices: chosen.map { generator.below(choices[$0]) }, height: height)
    }

    func ease() -> [Double] {
        var generator = generator("ease")
        let deviation = cls.isPipeline ? 1.2 : 1.4 + 0.8 * generator.uniform()
        let count = cls.isPipeline ? cls.predictors * examples : examples
        return (0..<count).map { _ in deviation * generator.standardNormal() }
    }

    func traits() -> [Double] {
        var generator = generator("traits")
        return (0..<(examples * Self.rank)).map { _ in generator.standardNormal() }
    }

    func liking() -> [Double] {
        var generator = generator("liking")
        let deviation = Self.likingDeviation / Double(Self.rank * dimensions).squareRoot()
        return (0..<(dimensions * width * Self.rank)).map { _ in deviation * generator.standardNormal() }
    }
}

extension KeyedGenerator {
    /// Box and Muller's transform, the cosine's half of it.
    fileprivate mutating func standardNormal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}
