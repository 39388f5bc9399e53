import Testing

@testable import Programs

@Suite struct WaitMeterTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func waitsInARowAreAddedUp() {
        var clock = WaitClock()
        clock.change(waiting: 1, at: at(0))
        #expect(clock.waited(at: at(2)) == .seconds(2), "one that lasts")
        clock.change(waiting: -1, at: at(3))
        clock.change(underWay: 1, at: at(3))
        clock.change(underWay: -1, at: at(8))
        clock.change(waiting: 1, at: at(10))
        clock.change(waiting: -1, at: at(11))
        #expect(clock.waited(at: at(20)) == .seconds(4))
    }

    /// Calls at the same time never wait for longer than has passed, and while one is answered the example does not only wait.
    @Test func waitsAtTheSameTimeCountOnce() {
        var clock = WaitClock()
        for _ in 0..<3 { clock.change(waiting: 1, at: at(0)) }
        clock.change(waiting: -1, at: at(2))
        clock.change(underWay: 1, at: at(2))
        clock.change(underWay: -1, at: at(7))
        #expect(clock.waited(at: at(9)) == .seconds(4), "two still wait")
        clock.change(waiting: -1, at: at(9))
        clock.change(waiting: -1, at: at(9))
        #expect(clock.waited(at: at(30)) == .seconds(4))
    }

    /// The meter is found by whatever an example starts.
    @Test func tasksOfAnExampleShareItsMeter() async {
        let meter = WaitMeter()
        let found = await meter.during {
            await Task { WaitMeter.current === meter }.value
        }
        #expect(found && WaitMeter.current == nil && meter.waited == .zero)
    }
}
