extension KeyedGenerator {
    /// A number in [0, 1): the upper 53 bits of one word.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A whole number in 0..<bound without bias (Lemire, "Fast random integer generation in an interval", 2019).
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a draw needs at least one outcome")
        let width = UInt64(bound)
        var product = next().multipliedFullWidth(by: width)
        if product.low < width {
            let threshold = (0 &- width) % width
            while product.low < threshold { product = next().multipliedFullWidth(by: width) }
        }
        return Int(product.high)
    }

    /// Fisher and Yates's shuffle, from the last place to the first.
    package mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for place in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(place, below(place + 1)) }
        return elements
    }

    /// `count` of the elements without replacement, in random order; all of them when there are fewer.
    package mutating func sample<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        let count = min(max(count, 0), elements.count)
        var elements = elements
        for place in 0..<count { elements.swapAt(place, place + below(elements.count - place)) }
        return Array(elements.prefix(count))
    }
}
