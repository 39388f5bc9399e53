/// The two parameters of BM25.
package struct BM25Parameters: Sendable, Hashable {
    /// How slowly a word's weight saturates as it is repeated; from 0.
    package var k1: Double
    /// How much a passage's length counts: from 0, not at all, to 1, in full.
    package var b: Double

    package init(k1: Double = 1.2, b: Double = 0.75) {
        self.k1 = k1
        self.b = b
    }
}
