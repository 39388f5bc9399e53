internal import Synchronization

/// A regular expression, compiled once.
final class CheckPattern: Sendable {
    let text: String
    /// `Regex` itself may not be shared.
    private let regex: Mutex<Regex<AnyRegexOutput>>

    /// - Throws: the compiler's reason.
    init(_ text: String) throws {
        self.text = text
        regex = Mutex(try Regex(text))
    }

    func occurs(in value: String) -> Bool { regex.withLock { value.firstMatch(of: $0) != nil } }
}
