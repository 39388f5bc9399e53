internal import Foundation
internal import SearchSimulation

/// One search on one surface, of many that run side by side.
struct SearchJob: Sendable {
    struct Result: Sendable {
        var cls: String
        var seed: Int
        var method: SearchMethod
        var regret: [Double]
    }

    var source: SurfaceSource
    var search: SimulatedSearch

    /// The results in the order of the jobs, whatever the number of cores.
    /// - Parameters:
    ///   - classes: other surfaces are left out; nil: none.
    ///   - seeds: the same of seeds.
    ///   - progress: is told how many jobs have ended.
    @concurrent
    static func run(
        _ jobs: [SearchJob], classes: Set<String>?, seeds: Range<Int>?, progress: (Int) -> Void
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result?).self) { group in
            var waiting = jobs.indices.makeIterator()
            func startNext() {
                guard let index = waiting.next() else { return }
                group.addTask { (index, try jobs[index].result(classes: classes, seeds: seeds)) }
            }
            for _ in 0..<max(ProcessInfo.processInfo.activeProcessorCount, 1) { startNext() }
            var results = [Result?](repeating: nil, count: jobs.count)
            var done = 0
            for try await (index, result) in group {
                results[index] = result
                done += 1
                progress(done)
                startNext()
            }
            return results.compactMap(\.self)
        }
    }

    private func result(classes: Set<String>?, seeds: Range<Int>?) throws -> Result? {
        let surface = try source.surface()
        guard classes?.contains(surface.cls) ?? true, seeds?.contains(surface.seed) ?? true else { return nil }
        return Result(cls: surface.cls, seed: surface.seed, method: search.method, regret: search.regret(on: surface))
    }
}
