/// A 64-bit digest of texts and numbers: the key of every random draw, so that equal requests get equal answers.
///
/// Words of eight bytes are mixed by multiplication and finished with the finaliser of SplitMix64 (Steele et al. 2014).
struct Digest: Sendable, Hashable {
    private(set) var value: UInt64

    init(seed: UInt64 = 0) { value = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func combine(_ number: UInt64) {
        value = Self.finish((value ^ number) &* 0xFF51_AFD7_ED55_8CCD)
    }

    mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    mutating func combine(bytes: UnsafeRawBufferPointer) {
        var state = value ^ (UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15)
        var position = 0
        while position + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            state = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
            state ^= state >> 32
            position += 8
        }
        while position < bytes.count {
            state = (state ^ UInt64(bytes[position])) &* 0x100_0000_01B3
            position += 1
        }
        value = Self.finish(state)
    }

    func combining(_ number: UInt64) -> Digest {
        var copy = self
        copy.combine(number)
        return copy
    }

    func combining(_ text: String) -> Digest {
        var copy = self
        copy.combine(text)
        return copy
    }

    static func finish(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in 0 ..< 1, a function of this digest and `purpose`.
    func uniform(_ purpose: UInt64) -> Double {
        Double(combining(purpose).value >> 11) * 0x1p-53
    }

    /// Nearly normal with mean 0 and variance 1: the scaled sum of four uniforms of 16 bits.
    func normal(_ purpose: UInt64) -> Double {
        let bits = combining(purpose).value
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Double(sum) / 65535 - 2) * 1.7320508075688772
    }

    /// One element of `choices`, which must not be empty.
    func pick<Element>(_ choices: [Element], _ purpose: UInt64) -> Element {
        choices[Int(uniform(purpose) * Double(choices.count))]
    }
}
