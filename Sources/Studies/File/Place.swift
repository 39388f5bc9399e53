/// Where a value of a study file was written.
package enum Place: Sendable, Hashable {
    /// A line of the file, from 1.
    case line(Int)
    /// A `--set` argument, as the user wrote it.
    case flag(String)
}
