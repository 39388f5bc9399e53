import Randomness
import Surrogates
import Testing

@Suite struct TPETests {
    private func space(_ choices: [Int]) -> SearchSpace {
        SearchSpace(choices.enumerated().map { .init(name: "d\($0.offset)", choices: $0.element) })
    }

    private func observe(_ points: [[Int]], _ value: ([Int]) -> Double) -> [TPE.Observation] {
        points.map { .init(point: $0, value: value($0)) }
    }

    @Test func startsUniformly() {
        let tpe = TPE(space: space([4, 3]))
        var counts = [Int](repeating: 0, count: 4)
        for index in 0..<4000 {
            var generator = KeyedGenerator(seed: 1, purpose: "start", index: index)
            let nine = observe(Array(repeating: [3, 2], count: 9)) { _ in 1 }
            counts[tpe.propose(history: nine, pending: [], generator: &generator)[0]] += 1
        }
        #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    }

    @Test func proposalsImprove() {
        let tpe = TPE(space: space([6, 6, 6]))
        func value(_ point: [Int]) -> Double { Double(point.reduce(0, +)) }
        var (early, late) = (0.0, 0.0)
        for seed in 0..<10 {
            var history: [TPE.Observation] = []
            for index in 0..<80 {
                var generator = KeyedGenerator(seed: UInt64(seed), purpose: "climb", index: index)
                let point = tpe.propose(history: history, pending: [], generator: &generator)
                history.append(.init(point: point, value: value(point)))
            }
            early += history.prefix(10).map(\.value).reduce(0, +) / 100
            late += history.suffix(20).map(\.value).reduce(0, +) / 200
        }
        #expect(abs(early - 7.5) < 1)  // the mean of the space
        #expect(late > 9)
    }

    @Test func pendingPointsPushProposalsAway() {
        let tpe = TPE(space: space([5]))
        let history = observe((0..<20).map { [$0 % 5] }) { $0[0] == 4 ? 1 : 0 }
        func share(pending: [[Int]]) -> Int {
            (0..<200).filter { index in
                var generator = KeyedGenerator(seed: 3, purpose: "liar", index: index)
                return tpe.propose(history: history, pending: pending, generator: &generator) == [4]
            }.count
        }
        #expect(share(pending: []) > 190)
        #expect(share(pending: Array(repeating: [4], count: 300)) < 20)
    }

    @Test func tiesGoToTheEarlierAndOrderIsKept() {
        let history = observe((0..<20).map { [$0] }) { _ in 0.5 }
        let (good, bad) = TPE(space: space([20])).split(history)
        #expect(good.map(\.point) == [[0], [1]])
        #expect(bad.map(\.point) == (2..<20).map { [$0] })
    }

    @Test(arguments: [1, 10, 11, 250, 251, 400])
    func theGoodAreATenthAtMost25(count: Int) {
        let history = observe((0..<count).map { [$0] }) { Double($0[0]) }
        #expect(TPE(space: space([count])).split(history).good.count == min((count + 9) / 10, 25))
    }

    @Test func oddInputsStillGivePoints() {
        let cases: [(choices: [Int], values: [Double])] = [
            ([1, 1], []), ([1, 1], Array(repeating: 0, count: 30)), ([], Array(repeating: 1, count: 12)),
            ([3, 1, 2], Array(repeating: 0.5, count: 40)), ([2], Array(repeating: -.infinity, count: 15)),
            ([4, 4], [Double](repeating: .nan, count: 11) + [1, 2, .infinity, -5]),
        ]
        for (choices, values) in cases {
            let tpe = TPE(space: space(choices))
            let history = values.enumerated().map { index, value in
                TPE.Observation(point: choices.map { index % $0 }, value: value)
            }
            for index in 0..<20 {
                var generator = KeyedGenerator(seed: 4, purpose: "odd", index: index)
                let pending = Array(repeating: choices.map { _ in 0 }, count: index)
                let point = tpe.propose(history: history, pending: pending, generator: &generator)
                #expect(point.count == choices.count)
                #expect(zip(point, choices).allSatisfy { $0 >= 0 && $0 < $1 })
            }
        }
    }

    @Test func worthlessValuesAreNeverGood() {
        let history = [Double.nan, 1, .nan, 0].enumerated().map { TPE.Observation(point: [$0.offset], value: $0.element) }
        #expect(TPE(space: space([4])).split(history).good.map(\.point) == [[1]])
    }

    @Test func theOrderOfDimensionsDoesNotMatter() {
        // Dimensions are treated in the order of their names, whatever their place.
        let forward = SearchSpace([.init(name: "a", choices: 5), .init(name: "b", choices: 7)])
        let backward = SearchSpace([.init(name: "b", choices: 7), .init(name: "a", choices: 5)])
        let points = (0..<30).map { [$0 % 5, ($0 * 3) % 7] }
        for index in 0..<50 {
            var first = KeyedGenerator(seed: 5, purpose: "order", index: index)
            var second = first
            let value: ([Int]) -> Double = { Double($0[0] * $0[1]) }
            let left = TPE(space: forward).propose(history: observe(points, value), pending: [], generator: &first)
            let right = TPE(space: backward).propose(
                history: points.map { .init(point: $0.reversed(), value: value($0)) }, pending: [], generator: &second)
            #expect(left == right.reversed())
        }
    }

    @Test func pointsAreCounted() {
        #expect(space([3, 4]).size == 12)
        #expect(space(Array(repeating: 20, count: 40)).size == .max)
        #expect(space([2, 2]).successor(of: [0, 1]) == [1, 0])
        #expect(space([2, 2]).successor(of: [1, 1]) == [0, 0])
    }
}
