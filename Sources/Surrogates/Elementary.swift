internal import Foundation

/// The elementary functions the surrogates need, from the C library: the one place that imports them for the models.
func logarithm(_ x: Double) -> Double { log(x) }
func exponential(_ x: Double) -> Double { exp(x) }
/// 2/√π times the integral of exp(-t²) from x to infinity.
func complementaryError(_ x: Double) -> Double { erfc(x) }
