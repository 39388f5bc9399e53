internal import JSON

/// The result of a compile, as `--json` prints it, for people to read.
struct ReportView: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    /// - Parameter document: as in interface.md, “The result of compile --json”; what is missing or null is left out.
    func lines(_ document: JSON) -> [String] {
        let report = Report(document)
        var rows: [(label: String, text: String)] = ReportScores(report, style).rows
        rows.append(("winner", winner(report)))
        rows.append(("stopped", report.stopReason))
        rows += ReportAnswers(report).rows
        rows += ReportCosts(report).rows
        rows += ReportSlots(report).rows
        if let program = report.text("program") { rows.append(("program", style.bold(program))) }
        rows += (document["notes"]?.arrayValue ?? []).compactMap(\.stringValue).map { ("note", $0.singleLine) }
        rows.append(("next", report.nextStep))

        let labels = rows.reduce(0) { max($0, $1.label.columns) }
        let title = [
            style.bold(report.text("study", "name")?.singleLine ?? "study"), style.dim(report.text("study", "id") ?? ""),
            style.state(report.state),
        ]
        let body = rows.flatMap { row in
            wrapped(row.text, width: width.map { $0 - labels - 4 }).enumerated().map { index, line in
                "  " + style.dim((index == 0 ? row.label : "").padded(to: labels)) + "  " + line
            }
        }
        return [title.filter { !$0.isEmpty }.joined(separator: "  "), ""] + body
    }

    private func winner(_ report: Report) -> String {
        let trials = report.count("trials")
        return switch report.bestTrial {
        case nil: "none yet"
        case 0: style.yellow("no candidate beat the uncompiled program") + (trials.map { " in \($0.counted("trial"))" } ?? "")
        case .some(let number): "trial \(number)" + (trials.map { " of \($0.grouped)" } ?? "")
        }
    }

    /// Broken between words where it is wider than `width`; a word that is too long, such as a path, stays whole.
    private func wrapped(_ text: String, width: Int?) -> [String] {
        guard let width, text.columns > width else { return [text] }
        var lines: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, last.columns + 1 + String(word).columns <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
