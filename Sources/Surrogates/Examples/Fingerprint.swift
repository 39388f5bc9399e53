/// A hash of a set of records: a sum over them, so that their order does not enter. 128 bits; equal sets have equal ones, and
/// two sets with equal ones are the same for all practical purposes (it is no defence against an adversary).
struct Fingerprint: Sendable, Hashable {
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    mutating func add(_ point: SearchSpace.Point, _ example: Int, _ value: Double) {
        var left: UInt64 = 0x243F_6A88_85A3_08D3
        var right: UInt64 = 0x1319_8A2E_0370_7344
        func absorb(_ word: UInt64) {
            left = mixed(left ^ word)
            right = mixed(right &+ word)
        }
        for choice in point { absorb(UInt64(bitPattern: Int64(choice))) }
        absorb(UInt64(bitPattern: Int64(example)))
        absorb((value + 0).bitPattern)  // -0 and 0 are one value
        high &+= left
        low &+= right
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) after one step of its counter.
func mixed(_ word: UInt64) -> UInt64 {
    var mixed = word &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
}
