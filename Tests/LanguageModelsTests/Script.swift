import Synchronization
import TestSupport

/// Answers with `replies` in order, then with the last of them.
func script(_ replies: [LoopbackServer.Reply]) -> @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply {
    let position = Counter()
    return { _ in replies[min(position.next(), replies.count - 1)] }
}

/// Counts from 0.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}

/// What several threads add to.
final class Record<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }

    func append(_ element: Element) { elements.withLock { $0.append(element) } }
}
