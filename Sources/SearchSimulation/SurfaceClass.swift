/// A family of surfaces: how many predictors and choices, and what kind of effects, in logits.
package struct SurfaceClass: Sendable, Hashable {
    /// How the main effects are distributed.
    enum Tail: Sendable, Hashable {
        case normal
        /// Student's t with three degrees of freedom: few choices matter much.
        case heavy
        /// Every eighth choice or so ruins the program.
        case harmful
    }

    package let name: String
    var predictors: Int
    /// Choices of instructions and of demo sets per predictor.
    var instructions: Int
    var demoSets: Int
    /// How many examples a search may use.
    package var validation: Int
    /// Standard deviations, over points, of the sum of the main effects and of the sum of the interactions.
    var main: Double
    var pair: Double
    var tail: Tail
    /// How many dimensions matter; nil: all.
    var relevant: Int?
    var needle: Double?
    var isPipeline: Bool

    package static let all: [SurfaceClass] = [
        SurfaceClass(name: "add_D2", predictors: 1, instructions: 20, demoSets: 20, main: 0.45),
        SurfaceClass(name: "mixed_D4", predictors: 2, main: 0.4, pair: 0.25),
        SurfaceClass(name: "mixed_D8", predictors: 4, main: 0.4, pair: 0.25),
        SurfaceClass(name: "mixed_D16", predictors: 8, main: 0.4, pair: 0.25),
        SurfaceClass(name: "inter_D8", predictors: 4, main: 0.15, pair: 0.5),
        SurfaceClass(name: "tiny_D8", predictors: 4, main: 0.08, pair: 0.05),
        SurfaceClass(name: "needle_D4", predictors: 2, main: 0.05, needle: 1.2),
        SurfaceClass(name: "sparse_D8", predictors: 4, main: 0.45, pair: 0.15, tail: .heavy, relevant: 2),
        SurfaceClass(name: "harm_D8", predictors: 4, main: 0.2, pair: 0.1, tail: .harmful),
        SurfaceClass(name: "pipe_D8", predictors: 4, main: 0.6, pair: 0.2, isPipeline: true),
        // What MIPRO's `heavy` finds on banking30, evaluated exhaustively: hardly anything but small main effects.
        SurfaceClass(name: "flat_D2", predictors: 1, instructions: 18, demoSets: 18, main: 0.2, pair: 0.04),
        SurfaceClass(name: "flat_D4", predictors: 2, instructions: 18, demoSets: 18, main: 0.25, pair: 0.05),
        SurfaceClass(name: "light_D4", predictors: 2, instructions: 4, demoSets: 7, validation: 100, main: 0.4, pair: 0.25),
        SurfaceClass(
            name: "heavy_D8", predictors: 4, instructions: 18, demoSets: 18, validation: 1000, main: 0.4, pair: 0.25),
    ]

    /// The eight that comparisons are made on.
    package static let core = [
        "mixed_D4", "mixed_D8", "mixed_D16", "inter_D8", "needle_D4", "tiny_D8", "sparse_D8", "pipe_D8",
    ]

    package init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    private init(
        name: String, predictors: Int, instructions: Int = 10, demoSets: Int = 15, validation: Int = 300, main: Double,
        pair: Double = 0, tail: Tail = .normal, relevant: Int? = nil, needle: Double? = nil, isPipeline: Bool = false
    ) {
        self.name = name
        self.predictors = predictors
        self.instructions = instructions
        self.demoSets = demoSets
        self.validation = validation
        self.main = main
        self.pair = pair
        self.tail = tail
        self.relevant = relevant
        self.needle = needle
        self.isPipeline = isPipeline
    }
}
