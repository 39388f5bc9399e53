internal import Foundation
internal import Store

/// Results that wait for the database, the oldest first: some in memory, more than that on the disk.
struct Backlog {
    private var memory: [UnitResult] = []
    /// Newer than all in memory.
    private let spool: ResultSpool
    private let bound: Int

    /// - Parameter bound: how many stay in memory.
    init(bound: Int, folder: String = NSTemporaryDirectory()) {
        self.bound = bound
        spool = ResultSpool(folder: folder)
    }

    var count: Int { memory.count + spool.count }
    var isEmpty: Bool { memory.isEmpty && spool.count == 0 }

    /// How many are on the disk.
    var spilled: Int { spool.count }

    /// Where the disk takes no more, memory does: nothing is dropped.
    mutating func append(_ result: UnitResult) {
        if memory.count < bound && spool.count == 0 || !spool.write(result) { memory.append(result) }
    }

    mutating func take(atMost limit: Int) -> [UnitResult] {
        if memory.isEmpty { memory = spool.read(atMost: max(1, bound)) }
        let batch = Array(memory.prefix(limit))
        memory.removeFirst(batch.count)
        return batch
    }

    /// What was taken and not delivered.
    mutating func putBack(_ batch: [UnitResult]) { memory = batch + memory }
}
