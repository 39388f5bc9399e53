/// Decorrelated jitter (Brooker, "Exponential Backoff And Jitter", 2015): each wait is drawn between the base and three
/// times the last one, up to a ceiling. Many processes that lose one server at once come back spread out.
package struct Backoff: Sendable {
    private let base: Duration
    private let ceiling: Duration
    private var last: Duration

    package init(base: Duration = .milliseconds(50), ceiling: Duration = .seconds(2)) {
        self.base = base
        self.ceiling = ceiling
        last = base
    }

    package mutating func next() -> Duration {
        let draw = base + (last * 3 - base) * Double.random(in: 0...1)
        last = min(ceiling, draw)
        return last
    }

    package mutating func reset() { last = base }
}
