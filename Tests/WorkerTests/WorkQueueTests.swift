import Testing

@testable import Store
@testable import Worker

struct WorkQueueTests {
    private func unit(_ id: Int, examples: Int = 1, study: Int = 1, attempt: Int = 1, suspect: Bool = false) -> LeasedUnit {
        LeasedUnit(
            id: id, study: study, attempt: attempt, key: "unit/\(id)", kind: .evaluate, candidate: "c", split: "val",
            examples: Array(0..<examples), rollout: 0, payload: nil, isSuspect: suspect)
    }

    /// Its items are the unit's number, so that it is plain what an item belongs to.
    private func queue(concurrency: Int, _ units: [LeasedUnit] = []) -> WorkQueue<Int> {
        var queue = WorkQueue<Int>(concurrency: concurrency)
        for unit in units { queue.add(unit: unit, items: unit.examples.map { _ in unit.id }) }
        return queue
    }

    private func started(_ queue: inout WorkQueue<Int>) -> [Int] {
        var items: [Int] = []
        while let item = queue.start() { items.append(item) }
        return items
    }

    @Test func noMoreRunAtOnceThanAllowedAndAllRunInOrder() {
        var queue = queue(concurrency: 3, (0..<500).map { unit($0, examples: 5) })
        var ended: [Int] = []
        var running: [Int] = []
        while !queue.isIdle {
            running += started(&queue)
            #expect(queue.inFlight == running.count && queue.inFlight <= 3)
            let item = running.removeFirst()
            ended.append(item)
            _ = queue.finish(unit: item, failure: nil, seconds: 1)
        }
        #expect(ended == (0..<500).flatMap { Array(repeating: $0, count: 5) })
        #expect(queue.held.isEmpty)
    }

    @Test func itAsksForItsFreeSlotsAndForNothingWhileEnoughWaits() {
        var queue = queue(concurrency: 4)
        #expect(queue.wanted(leaseAhead: 1) >= 4)
        queue.add(unit: unit(1, examples: 20), items: Array(repeating: 1, count: 20))
        #expect(queue.wanted(leaseAhead: 1) == 0)
        #expect(started(&queue).count == 4)
        #expect(queue.wanted(leaseAhead: 1) == 0)
    }

    /// What waits for a provider takes no slots, and what is not started of it stays; both go on when it is back.
    @Test func heldStudiesLeaveTheirSlotsToOthers() {
        var queue = queue(concurrency: 4, [unit(1, examples: 6, study: 1)])
        #expect(started(&queue) == [1, 1, 1, 1])
        #expect(queue.wanted(leaseAhead: 0) == 0)
        queue.hold(studies: [1])
        #expect(queue.wanted(leaseAhead: 0) == 5 && started(&queue).isEmpty)
        queue.add(unit: unit(2, examples: 3, study: 2), items: [2, 2, 2])
        queue.add(unit: unit(3, study: 1), items: [3])
        #expect(started(&queue) == [2, 2, 2] && queue.inFlight == 7)
        for _ in 0..<3 { _ = queue.finish(unit: 2, failure: nil, seconds: 1) }
        queue.hold(studies: [])
        #expect(started(&queue).isEmpty && queue.queued == 3)
        for _ in 0..<4 { #expect(queue.finish(unit: 1, failure: nil, seconds: 1) == .none) }
        #expect(started(&queue) == [1, 1, 3])
        #expect(!queue.isIdle)
    }

    /// What is in flight of a unit that was dropped meanwhile needs no slot either while its study is held.
    @Test func straysOfHeldStudiesNeedNoSlots() {
        var queue = queue(concurrency: 2, [unit(1, examples: 2, study: 1)])
        #expect(started(&queue) == [1, 1])
        queue.hold(studies: [1])
        queue.dropAll()
        #expect(queue.studies == [1])
        queue.add(unit: unit(2, examples: 2, study: 2), items: [2, 2])
        #expect(started(&queue) == [2, 2])
        for _ in 0..<2 { _ = queue.finish(unit: 1, failure: nil, seconds: 1) }
        #expect(queue.studies == [2] && queue.inFlight == 2)
    }

    /// A draining worker and a lost session leave held items behind as they do others.
    @Test(arguments: [true, false]) func heldItemsAreDroppedToo(drains: Bool) {
        var queue = queue(concurrency: 1, [unit(1, study: 1)])
        queue.hold(studies: [1])
        #expect(!queue.isIdle)
        if drains { queue.drain() } else { queue.dropAll() }
        queue.hold(studies: [])
        #expect(queue.isIdle && started(&queue).isEmpty)
    }

    /// What is in flight as it drains ends, unless it waits for a provider.
    @Test func aDrainingQueueIsStuckWhereOnlyHeldItemsAreInFlight() {
        var queue = queue(concurrency: 2, [unit(1, study: 1), unit(2, study: 2)])
        #expect(started(&queue) == [1, 2])
        queue.hold(studies: [1])
        #expect(!queue.isStuck)
        queue.drain()
        #expect(!queue.isStuck)
        _ = queue.finish(unit: 2, failure: nil, seconds: 1)
        #expect(queue.isStuck)
        queue.hold(studies: [])
        #expect(!queue.isStuck)
        queue.hold(studies: [1])
        _ = queue.finish(unit: 1, failure: nil, seconds: 1)
        #expect(!queue.isStuck && queue.isIdle)
    }

    @Test func fastItemsAreLeasedFurtherAhead() {
        func wanted(itemSeconds: Double) -> Int {
            var queue = queue(concurrency: 4, [unit(1)])
            _ = started(&queue)
            _ = queue.finish(unit: 1, failure: nil, seconds: itemSeconds)
            return queue.wanted(leaseAhead: 0.5)
        }
        #expect(wanted(itemSeconds: 10) == 5)
        #expect(wanted(itemSeconds: 0.5) == 8)
        #expect(wanted(itemSeconds: 0.001) == 20)
    }

    @Test func itWantsNothingWhileItDrainsOrHoldsASuspect() {
        var suspicious = queue(concurrency: 4, [unit(1, suspect: true)])
        #expect(suspicious.wanted(leaseAhead: 1) == 0)
        #expect(started(&suspicious) == [1])
        #expect(suspicious.wanted(leaseAhead: 1) == 0)
        #expect(suspicious.finish(unit: 1, failure: nil, seconds: 1) == .complete)
        #expect(suspicious.wanted(leaseAhead: 1) > 0)

        var draining = queue(concurrency: 2, [unit(1, examples: 3)])
        #expect(started(&draining).count == 2)
        draining.drain()
        #expect(draining.wanted(leaseAhead: 1) == 0)
        draining.add(unit: unit(2), items: [2])
        _ = draining.finish(unit: 1, failure: nil, seconds: 1)
        #expect(draining.start() == nil && !draining.isIdle)
        _ = draining.finish(unit: 1, failure: nil, seconds: 1)
        // What it did not start is still its own, to be handed back.
        #expect(draining.isIdle && draining.held.map(\.unit) == [1])
    }

    @Test func aUnitWithAFailedItemFailsWhenItsLastItemEnds() {
        var queue = queue(concurrency: 3, [unit(7, examples: 3, attempt: 4)])
        #expect(started(&queue).count == 3)
        #expect(queue.finish(unit: 7, failure: nil, seconds: 1) == .none)
        #expect(queue.finish(unit: 7, failure: UnitFailure("503"), seconds: 1) == .none)
        #expect(queue.holds(7))
        let ending = queue.finish(unit: 7, failure: UnitFailure("later"), seconds: 1)
        #expect(ending == .failed(unit: 7, attempt: 4, UnitFailure("503")))
        #expect(!queue.holds(7) && queue.isIdle)
    }

    /// What the budget refused would be refused elsewhere, whatever else failed in the unit.
    @Test(arguments: [[0, 1], [1, 0]]) func aRefusalOfTheBudgetIsWhatAUnitFailsOf(order: [Int]) {
        let failures = [UnitFailure("503"), UnitFailure("no room", isByBudget: true)]
        var queue = queue(concurrency: 2, [unit(7, examples: 2)])
        #expect(started(&queue).count == 2)
        #expect(queue.finish(unit: 7, failure: failures[order[0]], seconds: 1) == .none)
        guard case .failed(7, _, let failure) = queue.finish(unit: 7, failure: failures[order[1]], seconds: 1) else {
            Issue.record("it did not fail")
            return
        }
        #expect(failure == failures[1])
    }

    @Test func droppedUnitsStartNothing() {
        var queue = queue(concurrency: 2, [unit(1, examples: 4), unit(2, examples: 2, study: 2), unit(3, examples: 2)])
        #expect(started(&queue) == [1, 1])
        queue.drop(units: [1])
        #expect(queue.held.map(\.unit) == [2, 3])
        queue.drop(study: 2)
        #expect(queue.finish(unit: 1, failure: UnitFailure("503"), seconds: 1) == .none)
        #expect(started(&queue) == [3])
        queue.dropAll()
        #expect(queue.finish(unit: 1, failure: nil, seconds: 1) == .none)
        #expect(queue.finish(unit: 3, failure: nil, seconds: 1) == .none)
        #expect(queue.isIdle && started(&queue) == [])
    }

    @Test func aUnitLeasedAgainEndsOnlyWhenAllItsItemsHaveEnded() {
        var queue = queue(concurrency: 4, [unit(1, examples: 2)])
        #expect(started(&queue) == [1, 1])
        queue.dropAll()
        queue.add(unit: unit(1, examples: 2, attempt: 2), items: [1, 1])
        #expect(started(&queue) == [1, 1])
        // Two of the old lease and one of the new: nothing may be forgotten.
        #expect(queue.finish(unit: 1, failure: nil, seconds: 1) == .none)
        #expect(queue.finish(unit: 1, failure: UnitFailure("503"), seconds: 1) == .none)
        #expect(queue.finish(unit: 1, failure: nil, seconds: 1) == .none)
        #expect(queue.finish(unit: 1, failure: nil, seconds: 1) == .failed(unit: 1, attempt: 2, UnitFailure("503")))
        #expect(queue.isIdle && queue.held.isEmpty)
    }

    @Test func aUnitWithNothingLeftToRunIsNotHeld() {
        var queue = queue(concurrency: 2)
        queue.add(unit: unit(1, examples: 0, suspect: true), items: [])
        #expect(queue.held.isEmpty && queue.wanted(leaseAhead: 1) > 0)
    }
}
