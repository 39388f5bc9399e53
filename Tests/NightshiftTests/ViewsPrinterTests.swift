import Synchronization
import Testing

@testable import Nightshift
@testable import Store

@Suite("Printing progress")
struct ViewsPrinterTests {
    /// What was written, one element a call.
    private final class Paper: Sendable {
        private let calls = Mutex<[String]>([])
        var writes: [String] { calls.withLock { $0 } }
        func write(_ text: String) { calls.withLock { $0.append(text) } }
    }

    /// A terminal in miniature: what a screen shows after `text`, and how far it has scrolled.
    private func screen(_ text: String, rows: Int) -> (lines: [String], scrolled: Int) {
        var (lines, row, column, scrolled) = ([String](repeating: "", count: rows), 0, 0, 0)
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\r": column = 0
            case "\n":
                column = 0
                row += 1
                if row == rows {
                    (row, scrolled) = (rows - 1, scrolled + 1)
                    lines = lines.dropFirst() + [""]
                }
            case "\u{1B}":
                let end = rest.firstIndex { $0.isLetter } ?? rest.endIndex
                let (parameter, command) = (Int(rest[..<end].dropFirst()) ?? 0, rest[end])
                rest = rest[rest.index(after: end)...]
                if command == "A" { row = max(0, row - parameter) }
                if command == "K" || command == "J" { lines[row] = String(lines[row].prefix(column)) }
                if command == "J" { for below in lines.indices where below > row { lines[below] = "" } }
            default:
                let line = lines[row].padded(to: column)
                lines[row] = String(line.prefix(column)) + String(character) + String(line.dropFirst(column + 1))
                column += 1
            }
        }
        return (lines, scrolled)
    }

    @Test func terminalIsRepaintedInPlace() {
        let paper = Paper()
        var printer = ProgressPrinter(surface: .terminal { (60, 20) }, style: .plain, write: paper.write)
        var snapshot = StudySnapshot(id: "ab", name: "n", state: "queued")
        printer.show(snapshot)
        printer.show(snapshot)
        #expect(paper.writes.count == 1, "what has not changed is not painted again")
        printer.show(searchingFixture())
        printer.note("val: the last 300 rows of train")
        snapshot.state = "finished"
        printer.show(snapshot)
        let (lines, scrolled) = screen(paper.writes.joined(), rows: 20)
        #expect(scrolled == 0)
        #expect(
            lines.prefix { !$0.isEmpty } == ["val: the last 300 rows of train", "n  ab  finished  0.0s", "0 calls  0 tokens"])
        #expect(lines.dropFirst(3).filter { !$0.isEmpty } == [], "a shorter block leaves nothing of a longer one")
    }

    @Test func lowTerminalDoesNotScroll() {
        let paper = Paper()
        var printer = ProgressPrinter(surface: .terminal { (60, 4) }, style: .plain, write: paper.write)
        for second in 0..<5 {
            var snapshot = searchingFixture()
            snapshot.elapsed += Double(second)
            snapshot.leasedUnits = second
            printer.show(snapshot)
        }
        #expect(screen(paper.writes.joined(), rows: 4).scrolled == 0)
    }

    @Test func narrowedTerminalIsErasedByItsWrappedRows() {
        let paper = Paper()
        let columns = Mutex(80)
        var printer = ProgressPrinter(surface: .terminal { (columns.withLock { $0 }, 30) }, style: .plain, write: paper.write)
        printer.show(StudySnapshot(id: "ab", name: "n", state: "queued"))
        columns.withLock { $0 = 20 }
        printer.show(searchingFixture())
        // "n  ab  queued  0.0s" takes one row of 20, the 50 columns of the second line three.
        #expect(paper.writes.last?.hasPrefix("\r\u{1B}[4A") == true)
    }

    @Test func elsewhereOnlyNewsIsPrinted() {
        let paper = Paper()
        var printer = ProgressPrinter(surface: .lines, style: .plain, write: paper.write)
        var snapshot = StudySnapshot(id: "4f2a", name: "routing", state: "running")
        snapshot.stages = [stageFixture("baseline", done: 0, open: 300, seconds: 0)]
        printer.show(snapshot)
        snapshot.elapsed = 9
        snapshot.stages[0] = stageFixture("baseline", done: 100, open: 200, seconds: 9)
        printer.show(snapshot)
        snapshot.elapsed = 10.5
        printer.show(snapshot)
        snapshot.elapsed = 12
        snapshot.stages = [
            stageFixture("baseline", done: 300, open: 0, seconds: 11), stageFixture("search", done: 0, open: 35, seconds: 0),
        ]
        snapshot.trials = [trialFixture(0, score: 0.473, examples: 300)]
        printer.show(snapshot)
        snapshot.elapsed = 13
        snapshot.trials.append(trialFixture(1, score: 0.6, examples: 35))
        printer.show(snapshot)
        snapshot.elapsed = 14
        snapshot.trials[1] = trialFixture(1, score: 0.59, examples: 36)
        printer.show(snapshot)
        snapshot.state = "paused"
        snapshot.message = "401 from the LM"
        printer.show(snapshot)
        printer.show(snapshot)
        #expect(
            paper.writes == [
                "[0.0s] routing (4f2a)\n[0.0s] baseline began\n[0.0s] running\n", "[11s] baseline 100/300, 0 calls\n",
                "[12s] baseline done: 300 in 11s\n[12s] search began\n",
                "[13s] baseline 47.3 %  best 60.0 % (trial 1, 35 examples)  +12.7\n", "[14s] paused: 401 from the LM\n",
            ])
    }
}
