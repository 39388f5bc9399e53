internal import Randomness
package import Surrogates

extension Surface {
    /// What each of `examples` scores at `point`: 1 where it is solved, else 0.
    ///
    /// Drawn once per pair of point and example, as a deterministic model with a cache would answer: the same pair always gives
    /// the same outcome, whatever was asked before.
    /// - Parameter isEarlier: draws of another study's validation examples.
    package func outcomes(of examples: [Int], at point: SearchSpace.Point, isEarlier: Bool = false) -> [Double] {
        let purpose = "surface/\(isEarlier ? "earlier" : "outcome")/\(cls)/" + point.map(String.init).joined(separator: ",")
        return zip(examples, probabilities(at: point, of: examples)).map { example, probability in
            var generator = KeyedGenerator(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose, index: example)
            return generator.uniform() < probability ? 1 : 0
        }
    }
}
