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
        var (fallen, study) = (0, 0)
        let deadline = ContinuousClock.now + .seconds(60 + 10 * count)
        repeat {
            study += 1
            let name = "chaos-\(study)"
            try await team.submit(name)
            while try await team.state(of: name) != "finished" {
                try #require(ContinuousClock.now < deadline, "\(name) does not end")
                try await Task.sleep(for: .milliseconds(Int.random(in: pause)))
                // All kinds in turn, so that none is missed by chance.
                if fallen < count {
                    try await team.strike(blows[fallen % blows.count])
                    fallen += 1
                }
            }
            try await team.verify(name, against: expected)
        } while fallen < count
        await team.stop()
        print(
            "chaos: \(fallen) blows on \(study) studies: \(team.blows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })"
        )
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
