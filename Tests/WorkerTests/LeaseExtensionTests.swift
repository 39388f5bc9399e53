import Testing

@testable import Worker

struct LeaseExtensionTests {
    private func holding(_ unit: Int, attempt: Int = 1, remaining: Int = 2, isHeld: Bool = false) -> LeaseExtension.Holding {
        LeaseExtension.Holding(unit: unit, attempt: attempt, remaining: remaining, isHeld: isHeld)
    }

    /// A unit that waits for its provider is not hung, however long that takes; the time counts from when it is back.
    @Test func waitingForAProviderIsNoHanging() {
        var leases = LeaseExtension(unitTTL: .seconds(600), hungAfter: .seconds(1000))
        let start = ContinuousClock.now
        var put: [Int] = []
        for seconds in stride(from: 0, through: 6000, by: 100) {
            let due = leases.due([holding(1, isHeld: seconds < 3000)], at: start + .seconds(seconds))
            if !due.isEmpty { put.append(seconds) }
        }
        #expect(put.last == 3600 && put.count == 12)
    }

    @Test func aLeaseIsPutOffOnceInHalfItsTime() {
        var leases = LeaseExtension(unitTTL: .seconds(600), hungAfter: .seconds(10_000))
        let start = ContinuousClock.now
        func due(_ seconds: Int, _ holdings: [LeaseExtension.Holding]) -> [Int] {
            leases.due(holdings, at: start + .seconds(seconds)).map(\.unit)
        }
        #expect(due(0, [holding(1)]) == [])
        #expect(due(200, [holding(1), holding(2)]) == [])
        #expect(due(299, [holding(1), holding(2)]) == [])
        #expect(due(300, [holding(1), holding(2)]) == [1])
        #expect(due(305, [holding(1), holding(2)]) == [])
        #expect(due(500, [holding(1), holding(2)]) == [2])
        // Another lease of the unit begins anew.
        #expect(due(600, [holding(1, attempt: 2), holding(2)]) == [])
        // Gone and back.
        #expect(due(700, []) == [])
        #expect(due(899, [holding(1, attempt: 2)]) == [])
    }

    @Test func aHungUnitIsGivenUp() {
        var leases = LeaseExtension(unitTTL: .seconds(600), hungAfter: .seconds(1000))
        let start = ContinuousClock.now
        var put: [Int] = []
        for seconds in stride(from: 0, through: 3000, by: 100) {
            // An example of it ends at 900 s, and none after that.
            let remaining = seconds < 900 ? 2 : 1
            if !leases.due([holding(1, remaining: remaining)], at: start + .seconds(seconds)).isEmpty { put.append(seconds) }
        }
        #expect(put == [300, 600, 900, 1200, 1500, 1800])
    }
}
