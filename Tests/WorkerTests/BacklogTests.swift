import JSON
import Store
import Testing

@testable import Worker

struct BacklogTests {
    private func result(_ number: Int) -> UnitResult {
        switch number % 4 {
        case 0:
            UnitResult(
                unit: number, content: .proposal(outputs: ["a": "line\nbreak"], error: nil), usage: [:], latencyMilliseconds: 3)
        case 1:
            UnitResult(
                unit: number, content: .proposal(outputs: nil, error: "no"), usage: ["task": ["calls": 1]], latencyMilliseconds: 3
            )
        case 2:
            UnitResult(
                unit: number,
                content: .example(
                    7, .scored, score: 0.1 + Double(number), detail: ["text": .string(String(repeating: "ü", count: 9000))]),
                usage: [:], latencyMilliseconds: 1, waitedMilliseconds: 2)
        default:
            UnitResult(
                unit: number, content: .example(number, .metricError, score: nil, detail: .null), usage: [:],
                latencyMilliseconds: 0)
        }
    }

    @Test func whatIsBeyondTheBoundComesBackInOrderAndUnchanged() {
        var backlog = Backlog(bound: 3)
        let all = (0..<50).map(result)
        for result in all { backlog.append(result) }
        #expect(backlog.count == 50 && backlog.spilled == 47)
        var got = backlog.take(atMost: 2)
        // One batch was not delivered; more results come meanwhile.
        backlog.putBack(got)
        backlog.append(result(50))
        got = []
        while !backlog.isEmpty { got += backlog.take(atMost: 7) }
        #expect(got == all + [result(50)])
        #expect(backlog.count == 0 && backlog.spilled == 0)
        backlog.append(result(51))
        #expect(backlog.spilled == 0 && backlog.take(atMost: 5) == [result(51)])
    }

    @Test func whereTheDiskTakesNothingMemoryDoes() {
        var backlog = Backlog(bound: 1, folder: "/nowhere")
        for number in 0..<5 { backlog.append(result(number)) }
        #expect(backlog.spilled == 0 && backlog.take(atMost: 10) == (0..<5).map(result))
    }
}
