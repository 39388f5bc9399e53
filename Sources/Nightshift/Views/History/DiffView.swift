internal import JSON
internal import Store

/// Two trials: what is common once, what differs with - and +.
struct DiffView: Sendable {
    var style: Style

    func lines(_ difference: TrialDifference) -> [String] {
        let (first, second) = (difference.first.trial, difference.second.trial)
        var lines = [
            removed("trial \(first.number)  \(first.candidate)  \(score(first))"),
            added("trial \(second.number)  \(second.candidate)  \(score(second))"),
        ]
        if let gain = difference.gain {
            lines.append(
                "  \((difference.better.count + difference.worse.count + difference.equal).counted("example")) of both: \(gain.points) points; \(difference.better.count) better, \(difference.worse.count) worse, \(difference.equal) equal"
            )
            if !difference.better.isEmpty { lines.append("  better  \(numbers(difference.better))") }
            if !difference.worse.isEmpty { lines.append("  worse   \(numbers(difference.worse))") }
        } else {
            lines.append("  no example has a score of both")
        }
        for predictor in difference.predictors { lines += ["", style.bold(predictor.path)] + self.lines(predictor) }
        return lines
    }

    private func score(_ trial: TrialRecord) -> String {
        trial.score.map { "\($0.percent) of \(trial.examples.counted("example"))" } ?? "not scored yet"
    }

    private func numbers(_ examples: [Int]) -> String {
        examples.prefix(30).map(String.init).joined(separator: " ") + (examples.count > 30 ? " …" : "")
    }

    private func lines(_ predictor: TrialDifference.Predictor) -> [String] {
        guard !predictor.isEqual else { return ["  the same: instructions, \(predictor.common.counted("demo"))"] }
        var lines: [String] = []
        let (left, right) = (predictor.instructions.0.displayLines, predictor.instructions.1.displayLines)
        if left == right {
            lines.append("  instructions are the same")
        } else {
            lines += merged(left, right)
        }
        if predictor.models.0 != predictor.models.1 {
            lines += [removed(model(predictor.models.0)), added(model(predictor.models.1))]
        }
        lines.append("  \(predictor.common.counted("demo")) in both")
        lines += predictor.onlyFirst.map { removed(demo($0)) } + predictor.onlySecond.map { added(demo($0)) }
        return lines
    }

    private func model(_ name: String?) -> String { "model: \(name?.singleLine ?? "as the study says")" }

    /// Both texts line by line, in one.
    private func merged(_ left: [String], _ right: [String]) -> [String] {
        let changes = right.difference(from: left)
        let removals = Set(changes.removals.map { change in if case .remove(let offset, _, _) = change { offset } else { -1 } })
        let insertions = Set(
            changes.insertions.map { change in if case .insert(let offset, _, _) = change { offset } else { -1 } })
        var (lines, place): ([String], Int) = ([], 0)
        for (offset, line) in left.enumerated() {
            if removals.contains(offset) {
                lines.append(removed(line))
                continue
            }
            while insertions.contains(place) {
                lines.append(added(right[place]))
                place += 1
            }
            lines.append("  " + line)
            place += 1
        }
        while place < right.count {
            lines.append(added(right[place]))
            place += 1
        }
        return lines
    }

    private func demo(_ demo: JSON) -> String {
        (demo.objectValue ?? [:]).map { "\($0.key): \($0.value.stringValue ?? $0.value.serialized())" }.joined(separator: " · ")
            .singleLine
    }

    private func removed(_ text: String) -> String { style.red("- " + text) }
    private func added(_ text: String) -> String { style.green("+ " + text) }
}
