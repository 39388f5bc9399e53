internal import Foundation
internal import Synchronization

/// A lock by `flock`: it ends with the process, however that ends, and children do not inherit it.
package final class FileLock: Sendable {
    private let descriptor: Mutex<Int32?>
    private let path: String

    /// Opens the lock file, without taking the lock.
    package init(_ path: String) throws(PrivateClusterError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw PrivateClusterError("cannot open \(path): \(String(cString: strerror(errno)))") }
        self.descriptor = Mutex(descriptor)
        self.path = path
    }

    deinit { release() }

    /// Takes the lock, or changes its kind; false when others are in the way. A change may first lose the lock held.
    package func tryLock(exclusive: Bool) -> Bool {
        descriptor.withLock { $0.map { flock($0, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 } ?? false }
    }

    /// Waits for the lock without holding a thread.
    package func lock(exclusive: Bool, atMost limit: Duration) async throws(PrivateClusterError) {
        let deadline = ContinuousClock.now + limit
        while !tryLock(exclusive: exclusive) {
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                throw PrivateClusterError("another command holds \(path) for more than \(limit); is it stuck?")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// False when it was released before.
    @discardableResult
    package func release() -> Bool {
        descriptor.withLock { descriptor in
            guard let open = descriptor.take() else { return false }
            close(open)
            return true
        }
    }
}
