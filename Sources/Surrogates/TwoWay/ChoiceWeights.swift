/// Where the weights of choices and of pairs of choices stand in their buffers; dimensions are the active ones of a space.
struct ChoiceLayout: Sendable, Hashable {
    /// By active dimension.
    let choices: [Int]
    /// By active dimension: where its choices begin.
    let mainStarts: [Int]
    /// By pair d < e at d·D + e: where the choices of d × the choices of e begin, those of e running fastest.
    let pairStarts: [Int]
    let mainCount: Int
    let pairCount: Int

    init(_ choices: [Int]) {
        self.choices = choices
        var (starts, count) = ([Int](), 0)
        for number in choices {
            starts.append(count)
            count += number
        }
        (mainStarts, mainCount) = (starts, count)
        starts = Array(repeating: 0, count: choices.count * choices.count)
        count = 0
        for first in choices.indices {
            for second in choices.indices.dropFirst(first + 1) {
                starts[first * choices.count + second] = count
                count += choices[first] * choices[second]
            }
        }
        (pairStarts, pairCount) = (starts, count)
    }

    var dimensions: Int { choices.count }
}

/// A function of a point as a sum: a constant, a weight per choice and one per pair of choices.
struct ChoiceWeights: Sendable {
    let layout: ChoiceLayout
    var constant: Double
    var main: [Double]
    var pairs: [Double]

    init(_ layout: ChoiceLayout) {
        self.layout = layout
        constant = 0
        main = Array(repeating: 0, count: layout.mainCount)
        pairs = Array(repeating: 0, count: layout.pairCount)
    }

    /// A draw of all weights from the prior; each dimension and each pair of dimensions has numbers of its own.
    init(_ layout: ChoiceLayout, prior kernel: AgreementKernel, key: UInt64) {
        self.init(layout)
        let ziggurat = Ziggurat.standard
        let dimensions = layout.dimensions
        var stream = NormalStream(key: NormalStream.key(key, 0), ziggurat: ziggurat)
        constant = kernel.constant.squareRoot() * stream.next()
        let (mainFactor, pairFactor) = (
            kernel.choiceVariance(dimensions).squareRoot(), kernel.pairVariance(dimensions).squareRoot()
        )
        main.withUnsafeMutableBufferPointer { main in
            guard let start = main.baseAddress else { return }
            for first in 0..<dimensions {
                var stream = NormalStream(key: NormalStream.key(key, 1, first), ziggurat: ziggurat)
                stream.fill(start + layout.mainStarts[first], layout.choices[first], times: mainFactor)
            }
        }
        guard pairFactor > 0 else { return }
        pairs.withUnsafeMutableBufferPointer { pairs in
            guard let start = pairs.baseAddress else { return }
            for first in 0..<dimensions {
                for second in (first + 1)..<max(dimensions, first + 1) {
                    var stream = NormalStream(key: NormalStream.key(key, 2, first, second), ziggurat: ziggurat)
                    stream.fill(
                        start + layout.pairStarts[first * dimensions + second], layout.choices[first] * layout.choices[second],
                        times: pairFactor)
                }
            }
        }
    }

    /// Adds the kernel's answer to `amounts` at the points of `set`: after it, the sum of weights at x is larger by
    /// Σ k(x, x_n) · amounts_n, the residual part left out.
    mutating func add(_ amounts: [Double], at set: PointSet, _ kernel: AgreementKernel) {
        let dimensions = layout.dimensions
        let (mainFactor, pairFactor) = (kernel.choiceVariance(dimensions), kernel.pairVariance(dimensions))
        constant += kernel.constant * amounts.reduce(0, +)
        let layout = layout
        set.choices.withUnsafeBufferPointer { choices in
            main.withUnsafeMutableBufferPointer { main in
                pairs.withUnsafeMutableBufferPointer { pairs in
                    for (place, amount) in amounts.enumerated() {
                        let start = place &* dimensions
                        for first in 0..<dimensions {
                            main[layout.mainStarts[first] &+ choices[start &+ first]] += mainFactor * amount
                        }
                        guard pairFactor > 0 else { continue }
                        layout.forEachPair(UnsafeBufferPointer(rebasing: choices[start..<(start + dimensions)])) {
                            pairs[$0] += pairFactor * amount
                        }
                    }
                }
            }
        }
    }

    /// The sums at the points of `set`.
    func values(at set: PointSet) -> [Double] {
        let dimensions = layout.dimensions
        return set.choices.withUnsafeBufferPointer { choices in
            (0..<set.count).map { place in
                value(UnsafeBufferPointer(rebasing: choices[(place * dimensions)..<((place + 1) * dimensions)]))
            }
        }
    }

    /// - Parameter choices: those of the active dimensions.
    func value(_ choices: UnsafeBufferPointer<Int>) -> Double {
        var sum = constant
        for first in 0..<layout.dimensions { sum += main[layout.mainStarts[first] &+ choices[first]] }
        pairs.withUnsafeBufferPointer { pairs in layout.forEachPair(choices) { sum += pairs[$0] } }
        return sum
    }

    /// self ← other + factor · (self − other)
    mutating func shrink(toward other: ChoiceWeights, by factor: Double) {
        constant = other.constant + factor * (constant - other.constant)
        Self.shrink(&main, other.main, factor)
        Self.shrink(&pairs, other.pairs, factor)
    }

    private static func shrink(_ values: inout [Double], _ centre: [Double], _ factor: Double) {
        let count = values.count
        values.withUnsafeMutableBufferPointer { values in
            centre.withUnsafeBufferPointer { centre in
                for place in 0..<count { values[place] = centre[place] + factor * (values[place] - centre[place]) }
            }
        }
    }
}

extension ChoiceLayout {
    /// The places of a point's pairs of choices.
    @inline(__always)
    func forEachPair(_ choices: UnsafeBufferPointer<Int>, _ body: (Int) -> Void) {
        let dimensions = dimensions
        self.choices.withUnsafeBufferPointer { counts in
            pairStarts.withUnsafeBufferPointer { starts in
                for first in 0..<dimensions {
                    let choice = choices[first]
                    var second = first &+ 1
                    while second < dimensions {
                        body(starts[first &* dimensions &+ second] &+ choice &* counts[second] &+ choices[second])
                        second &+= 1
                    }
                }
            }
        }
    }
}
