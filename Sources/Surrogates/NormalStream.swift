/// Standard normal numbers that follow from a key: the ziggurat of Marsaglia and Tsang (Journal of Statistical Software 5(8),
/// 2000) in Doornik's form with 128 layers (2005), over the words of SplitMix64.
struct NormalStream {
    private var state: UInt64
    private let ziggurat: Ziggurat

    /// - Parameter key: a hash of what the numbers belong to; see ``key(_:_:)``.
    init(key: UInt64, ziggurat: Ziggurat = .standard) {
        state = key
        self.ziggurat = ziggurat
    }

    /// The key of a part of what `key` stands for.
    static func key(_ key: UInt64, _ words: Int...) -> UInt64 {
        words.reduce(mixed(key)) { mixed($0 ^ UInt64(bitPattern: Int64($1))) }
    }

    /// The key of a point of a space.
    static func key(_ key: UInt64, _ tag: Int, _ point: SearchSpace.Point) -> UInt64 {
        point.reduce(self.key(key, tag, point.count)) { mixed($0 ^ UInt64(bitPattern: Int64($1))) }
    }

    @inline(__always)
    private mutating func word() -> UInt64 {
        let result = mixed(state)
        state &+= 0x9E37_79B9_7F4A_7C15
        return result
    }

    @inline(__always)
    private mutating func uniform() -> Double { Double((word() >> 11) | 1) * 0x1p-53 }

    @inline(__always)
    mutating func next() -> Double {
        let bits = word()
        let layer = Int(bits & 127)
        // Uniform in [-1, 1), from bits that the layer does not use.
        let share = Double(Int64(bitPattern: bits) >> 11) * 0x1p-52
        if abs(share) < ziggurat.inner(layer) { return share * ziggurat.width(layer) }
        return slow(share, layer)
    }

    /// `count` numbers, each times `factor`.
    mutating func fill(_ target: UnsafeMutablePointer<Double>, _ count: Int, times factor: Double) {
        for place in 0..<count { target[place] = factor * next() }
    }

    /// The tail, the wedges, and further attempts.
    @inline(never)
    private mutating func slow(_ share: Double, _ layer: Int) -> Double {
        var (share, layer) = (share, layer)
        while true {
            if layer == 0 { return tail(negative: share < 0) }
            let x = share * ziggurat.width(layer)
            let (outer, inner) = (ziggurat.width(layer), ziggurat.width(layer + 1))
            let high = exponential(-0.5 * (outer * outer - x * x))
            let low = exponential(-0.5 * (inner * inner - x * x))
            if low + uniform() * (high - low) < 1 { return x }
            let bits = word()
            layer = Int(bits & 127)
            share = Double(Int64(bitPattern: bits) >> 11) * 0x1p-52
            if abs(share) < ziggurat.inner(layer) { return share * ziggurat.width(layer) }
        }
    }

    private mutating func tail(negative: Bool) -> Double {
        while true {
            let x = logarithm(uniform()) / Ziggurat.right
            let y = logarithm(uniform())
            if -2 * y >= x * x { return negative ? x - Ziggurat.right : Ziggurat.right - x }
        }
    }
}

/// The layers: equal areas under exp(-x²/2).
struct Ziggurat: Sendable {
    /// Where the tail begins.
    static let right = 3.442619855899
    /// The area of a layer.
    private static let area = 9.91256303526217e-3
    static let standard = Ziggurat()

    /// width 0 … width 128, then inner 0 … inner 127.
    private let numbers: [Double]

    private init() {
        var widths = [Double](repeating: 0, count: 129)
        var density = exponential(-0.5 * Self.right * Self.right)
        widths[0] = Self.area / density
        widths[1] = Self.right
        for layer in 2..<128 {
            widths[layer] = (-2 * logarithm(Self.area / widths[layer - 1] + density)).squareRoot()
            density = exponential(-0.5 * widths[layer] * widths[layer])
        }
        numbers = widths + (0..<128).map { widths[$0 + 1] / widths[$0] }
    }

    @inline(__always)
    func width(_ layer: Int) -> Double { numbers[layer] }

    /// The share of the layer's width that lies wholly under the curve.
    @inline(__always)
    func inner(_ layer: Int) -> Double { numbers[129 &+ layer] }
}
