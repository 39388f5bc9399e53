import Foundation
import JSON
import Testing

/// Whatever is done to processes, server and network, a study ends with the table of an undisturbed run. The short form runs
/// with every test; `make chaos` sets NIGHTSHIFT_CHAOS=long.
@Suite(.serialized) struct ChaosTests {
    private static let isLong = ProcessInfo.processInfo.environment["NIGHTSHIFT_CHAOS"] == "long"

    private func expectedTable() async throws -> [JSON] {
        let quiet = try await Workbench()
        let answer = try await quiet.run("compile", quiet.study.path, "--quiet", "--concurrency", "32")
        try #require(answer.status == 0, "\(answer.errors)")
        let trials = try await quiet.trials()
        #expect(trials.count > 3)
        return trials
    }

    /// Strikes until so many blows have fallen, on as many studies as that takes.
    private func storm(_ count: Int, of blows: [Blow], every pause: ClosedRange<Int>, workers: Int, latency: Int) async throws {
        let expected = try await expectedTable()
        let bench = try await Workbench(latencyMilliseconds: latency)
        let team = try await ChaosTeam(bench, workers: workers)
        let deadline = ContinuousClock.now + .seconds(240 + 10 * count)
        var fallen = 0
        var study = 0
        while study == 0 || fallen < count {
            study += 1
            let name = "chaos-\(study)"
            try await team.submit(name)
            // All kinds in turn, so that none is missed by chance.
            let left = (fallen..<max(count, fallen)).map { blows[$0 % blows.count] }
            fallen += try await strike(team, name, left, every: pause, until: deadline)
            try await team.verify(name, against: expected)
        }
        await team.stop()
        let kinds = team.blows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("chaos: \(fallen) blows on \(study) studies: \(kinds)")
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
        try await storm(8, of: Blow.allCases, every: 300...600, workers: 3, latency: 40)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(30))) func twoHundredKills() async throws {
        try await storm(
            200, of: [.killWorker, .killWorker, .killWorker, .killCoordinator], every: 300...900, workers: 6, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theDatabaseDiesTwentyTimes() async throws {
        try await storm(20, of: [.killDatabase], every: 500...2000, workers: 6, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theNetworkFails() async throws {
        try await storm(
            60, of: [.cutConnections, .swallowAnswers, .stallConnections], every: 200...800, workers: 6, latency: 100)
    }

    @Test(.enabled(if: isLong), .timeLimit(.minutes(20))) func theDeadWakeUp() async throws {
        try await storm(20, of: [.freezeWorker, .freezeCoordinator], every: 200...800, workers: 4, latency: 100)
    }
}

private struct ChaosError: Error, CustomStringConvertible {
    let description: String
}
