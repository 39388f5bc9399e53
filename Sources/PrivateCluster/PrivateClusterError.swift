/// Why the private cluster cannot be used: what was tried, and what to do.
package struct PrivateClusterError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
