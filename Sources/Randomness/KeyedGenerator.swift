/// Random numbers that follow from a key alone: (seed of the study, purpose of the draw, index of the draw).
///
/// No draw depends on another one's place in a shared stream, so an optimiser repeats itself to the bit whatever runs
/// beside it. The generator is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
/// 2021); its 256 bits of state come from two SplitMix64 streams (Steele, Lea and Flood, OOPSLA 2014), one per lane of
/// a 128-bit hash of the key. The draws below are spelled out rather than taken from the standard library, whose algorithms
/// may change between releases.
package struct KeyedGenerator: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    package init(seed: UInt64, purpose: String, index: Int = 0) {
        var left = SplitMix64(state: 0x243F_6A88_85A3_08D3)  // the first digits of pi, after the point
        var right = SplitMix64(state: 0x1319_8A2E_0370_7344)
        for word in [seed, fnv1a(purpose), UInt64(purpose.utf8.count), UInt64(bitPattern: Int64(index))] {
            left.absorb(word)
            right.absorb(word)
        }
        (s0, s1, s2, s3) = (left.next(), right.next(), left.next(), right.next())
        if s0 | s1 | s2 | s3 == 0 { s0 = 1 }  // the only state that xoshiro256** cannot leave
    }

    package mutating func next() -> UInt64 {
        let result = rotated(s1 &* 5, by: 7) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = rotated(s3, by: 45)
        return result
    }
}

/// One lane of the key's hash, then a source of seed words.
private struct SplitMix64 {
    var state: UInt64

    mutating func absorb(_ word: UInt64) {
        state ^= word
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 { (word << bits) | (word >> (64 - bits)) }

/// The 64-bit FNV-1a hash of the UTF-8 bytes (Fowler, Noll and Vo).
private func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}
