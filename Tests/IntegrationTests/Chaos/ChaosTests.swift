import Foundation
import JSON
import Testing

/// Whatever is done to processes, server, disk, clock and network, a study ends with the table of an undisturbed run. A short
/// form runs with every test; `make chaos` sets NIGHTSHIFT_CHAOS=long.
@Suite(.serialized) struct ChaosTests {
    private static let isLong = ProcessInfo.processInfo.environment["NIGHTSHIFT_CHAOS"] == "long"

    /// Strikes until so many blows have fallen, on as many studies as that takes.
    private func storm(
        _ count: Int, of blows: [Blow], every pause: ClosedRange<Int>, latency: Int, _ plan: ChaosTeam.Plan = ChaosTeam.Plan()
    ) async throws {
        let team = try await ChaosTeam(latencyMilliseconds: latency, plan)
        do { try await storm(count, of: blows, every: pause, team) } catch {
            await team.stop()
            throw error
        }
        await team.stop()
    }

    private func storm(_ count: Int, of blows: [Blow], every pause: ClosedRange<Int>, _ team: ChaosTeam) async throws {
        let plan = team.plan
        let start = ContinuousClock.now
        let deadline = start + .seconds(240 + (10 + plan.split) * count)
        var fallen = 0
        var study = 0
        while study == 0 || fallen < count {
            study += 1
            let name = "chaos-\(study)"
            try await team.submit(name)
            // All kinds in turn, so that none is missed by chance.
            let left = (fallen..<max(count, fallen)).map { blows[$0 % blows.count] }
            fallen += try await strike(team, name, left, every: pause, until: deadline)
            if blows.allSatisfy(\.isHarmless) { #expect(team.losses == 0, "workers that lived lost units: \(team.words)") }
            if plan.repeatsReports { try await team.strike(.repeatReports) }
            try await team.verify(name)
        }
        let took = ContinuousClock.now - start
        let kinds = team.blows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("chaos: \(fallen) blows on \(study) studies in \(took.components.seconds) s: \(kinds)")
    }

    /// Strikes while a study is not finished.
    /// - Returns: how many blows have fallen.
    private func strike(
        _ team: ChaosTeam, _ name: String, _ blows: [Blow], every pause: ClosedRange<Int>, until deadline: ContinuousClock.Instant
    ) async throws -> Int {
        var left = blows[...]
        while try await team.state(of: name) != "finished" {
            guard ContinuousClock.now < deadline else { throw ChaosError(description: "\(name) does not end") }
            try await Task.sleep(for: .milliseconds(Int.random(in: pause)))
            if let blow = left.popFirst() { try await team.strike(blow) }
        }
        return blows.count - left.count
    }

    @Test(.timeLimit(.minutes(15))) func everythingAtOnce() async throws {
        let blows = Blow.allCases.filter { ![.stopDatabase, .fillDisk, .splitNetwork, .repeatReports].contains($0) }
        try await storm(blows.count, of: blows, every: 300...600, latency: 40, ChaosTeam.Plan(workers: 3))
    }

    @Test(.timeLimit(.minutes(15))) func everyReportComesTwiceAndBackwards() async throws {
        try await storm(
            Self.isLong ? 40 : 4, of: [.repeatReports, .killWorker, .swallowAnswers], every: 300...600, latency: 40,
            ChaosTeam.Plan(workers: 3, repeatsReports: true))
    }

    @Test(.timeLimit(.minutes(15))) func aLongOutageCostsNoUnit() async throws {
        try await storm(
            Self.isLong ? 10 : 1, of: [.stopDatabase], every: 300...600, latency: 60,
            // On a busy machine a session of three seconds ends without any outage.
            ChaosTeam.Plan(workers: 3, session: 10))
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func longExamplesKeepTheirLeases() async throws {
        try await storm(0, of: [], every: 200...200, latency: 1500, ChaosTeam.Plan(workers: 4, session: 15, lease: 1))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to mount a small volume"), .timeLimit(.minutes(20)))
    func theDiskIsFull() async throws {
        try await storm(
            Self.isLong ? 5 : 1, of: [.fillDisk], every: 300...600, latency: 60, ChaosTeam.Plan(workers: 3, volume: 150 << 20))
    }

    @Test(.enabled(if: WrongClock.isPossible, WrongClock.absence), .timeLimit(.minutes(20)))
    func clocksAreAnHourOff() async throws {
        let blows: [Blow] = [.killWorker, .freezeWorker, .cutConnections]
        try await storm(
            Self.isLong ? 20 : 2, of: blows, every: 200...500, latency: 40, ChaosTeam.Plan(workers: 3, clocks: ["+1h", "-1h"]))
    }

    @Test(.enabled(if: SplitNetwork.isPossible, SplitNetwork.absence), .timeLimit(.minutes(20)))
    func theNetworkSplits() async throws {
        // Long enough that sessions end; in the long form, that TCP gives connections up as well.
        try await storm(
            Self.isLong ? 3 : 1, of: [.splitNetwork], every: 300...600, latency: 100,
            ChaosTeam.Plan(workers: 4, separated: 2, split: Self.isLong ? 60 : 5))
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(30))) func twoHundredKills() async throws {
        try await storm(200, of: [.killWorker, .killWorker, .killWorker, .killCoordinator], every: 300...900, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theDatabaseDiesTwentyTimes() async throws {
        try await storm(20, of: [.killDatabase], every: 500...2000, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theNetworkFails() async throws {
        try await storm(
            60, of: [.cutConnections, .swallowAnswers, .halfCloseConnections, .stallConnections, .delayConnections],
            every: 200...800, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theDeadWakeUp() async throws {
        try await storm(20, of: [.freezeWorker, .freezeCoordinator], every: 200...800, latency: 100, ChaosTeam.Plan(workers: 4))
    }
}
