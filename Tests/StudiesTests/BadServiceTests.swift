import JSON
import Testing

@testable import Studies

/// Something wrong with retrievers, tools, metrics and their models: where it is said to be, and what is said.
struct BadService: Sendable, CustomTestStringConvertible {
    var retriever = "{kind: bm25, corpus: passages.jsonl}"
    var more = ""
    var metric = "{kind: f1}"
    var sets: [String] = []
    /// The key path of the only finding.
    var path: String
    var fragments: [String]

    var testDescription: String { "\(path) \(fragments)" }
}

@Suite struct BadServiceTests {
    static let retrievers: [BadService] = [
        BadService(
            retriever: "{kind: bm52, corpus: passages.jsonl}", path: "program.retrievers.wiki.kind",
            fragments: ["did you mean 'bm25'?"]),
        BadService(
            retriever: "{corpus: passages.jsonl}", path: "program.retrievers.wiki.kind",
            fragments: ["bm25, postgres, embeddings, http"]),
        BadService(retriever: "{kind: bm25}", path: "program.retrievers.wiki.corpus", fragments: ["is missing"]),
        BadService(
            retriever: "{kind: bm25, corpus: pasages.jsonl}", path: "program.retrievers.wiki.corpus",
            fragments: ["no such file", "did you mean 'passages.jsonl'?"]),
        BadService(
            retriever: "{kind: bm25, corpus: passages.jsonl, text: txt}", path: "program.retrievers.wiki.corpus",
            fragments: ["passages.jsonl:1:", "no field 'txt'", "did you mean 'text'?"]),
        BadService(
            retriever: "{kind: bm25, corpus: study.yaml}", path: "program.retrievers.wiki.corpus",
            fragments: ["unknown file type '.yaml'"]),
        BadService(
            retriever: "{kind: bm25, corpus: passages.jsonl, b: 2}", path: "program.retrievers.wiki.b",
            fragments: ["from 0.0 to 1.0, found 2"]),
        BadService(
            retriever: "{kind: postgres, corpus: wiki, serch: text}", path: "program.retrievers.wiki.serch",
            fragments: ["did you mean 'search'?"]),
        BadService(
            retriever: "{kind: http, url: 'ftp://x'}", path: "program.retrievers.wiki.url", fragments: ["http:// or https://"]),
        BadService(
            retriever: "{kind: http, url: 'http://me:key@x'}", path: "program.retrievers.wiki.url", fragments: ["would be stored"]
        ),
        BadService(
            retriever: "{kind: http, url: 'http://x', headers: {A: '${B:-c}'}}", path: "program.retrievers.wiki.headers.A",
            fragments: ["${B:-c}", "${NAME}"]),
        BadService(
            retriever: "{kind: http, url: 'http://x/${NOWHERE}'}", path: "program.retrievers.wiki.url",
            fragments: ["NOWHERE is not set"]),
        BadService(retriever: "bm25", path: "program.retrievers.wiki", fragments: ["found a string"]),
        BadService(
            retriever: "{kind: embeddings, corpus: passages.jsonl}", sets: ["lm.embedding=null"], path: "lm.embedding",
            fragments: ["a retriever needs it"]),
    ]

    static let tools: [BadService] = [
        BadService(more: "  tools: {ask: {desc: Asks.}}", path: "program.tools.ask", fragments: ["'http'", "'retriever'"]),
        BadService(
            more: "  tools: {ask: {retriever: wikki}}", path: "program.tools.ask.retriever", fragments: ["did you mean 'wiki'?"]),
        BadService(more: "  tools: {finish: {retriever: wiki}}", path: "program.tools.finish", fragments: ["another name"]),
        BadService(
            more: "  tools: {ask: {http: 'http://x/{town}', desc: Asks., parameters: {twon: str}}}",
            path: "program.tools.ask.http.url", fragments: ["did you mean {twon}?"]),
        BadService(more: "  code_execution: maybe", path: "program.code_execution", fragments: ["true or false"]),
    ]

    static let metrics: [BadService] = [
        BadService(metric: "{kind: lm_judge, inputs: [question]}", path: "metric.rubric", fragments: ["in words"]),
        BadService(metric: "{kind: lm_judge, rubric: r}", path: "metric.inputs", fragments: ["is missing"]),
        BadService(
            metric: "{kind: lm_judge, rubric: r, inputs: [answer], scale: {min: 2, max: 1}}", path: "metric.scale",
            fragments: ["{min: 1, max: 5}"]),
        BadService(metric: "{kind: semantic_f1, threshold: 0.5}", path: "metric.threshold", fragments: ["metric_threshold"]),
        BadService(metric: "{kind: macro_f1, field: anser}", path: "metric.field", fragments: ["did you mean 'answer'?"]),
        BadService(metric: "{kind: process, command: judge.py}", path: "metric.command", fragments: ["list of strings"]),
        BadService(metric: "{kind: process, command: []}", path: "metric.command", fragments: ["[python3, judge.py]"]),
        BadService(
            metric: "{kind: process, command: [judge], timeout: soon}", path: "metric.timeout", fragments: ["60s or 500ms"]),
        BadService(
            metric: "{weighted: [{weight: 0, metric: {kind: f1}}]}", path: "metric.weighted[0].weight", fragments: ["above 0"]),
        BadService(
            metric: "{weighted: [{metric: {kind: f2}}]}", path: "metric.weighted[0].metric.kind",
            fragments: ["did you mean 'f1'?"]),
        BadService(
            metric: "{kind: embedding_similarity}", sets: ["lm.embedding=null"], path: "lm.embedding",
            fragments: ["the metric needs it"]),
    ]

    static let models: [BadService] = [
        BadService(
            sets: ["lm.embedding.temperature=1"], path: "lm.embedding.temperature",
            fragments: ["unknown key", "allowed: model, base_url, timeout, api_key_env"]),
        BadService(sets: ["lm.embedding.model=small"], path: "lm.embedding.model", fragments: ["openai/small"]),
        BadService(sets: ["lm.task.response_format=true"], path: "lm.task.response_format", fragments: ["expected a string"]),
    ]

    @Test(arguments: retrievers + tools + metrics + models)
    func isToldOnce(_ bad: BadService) throws {
        let study = try SearchStudy(retriever: bad.retriever, more: bad.more, metric: bad.metric)
        let error = #expect(throws: StudyFileError.self) { try study.file.resolve(sets: bad.sets) }
        let findings = error?.findings ?? []
        #expect(findings.map(\.path.description) == [bad.path], "\(findings)")
        for fragment in bad.fragments { #expect(findings.first?.message.contains(fragment) == true, "\(findings)") }
    }

    @Test func rowsLackWhatAJudgeIsToSee() throws {
        let study = try SearchStudy(metric: "{kind: lm_judge, rubric: r, inputs: [wanted]}")
        #expect(study.file.complaints().hasPrefix("rows.jsonl:1: no field 'wanted', "))
    }

    @Test func aSwiftMetricMustBeRegistered() throws {
        let study = try SearchStudy(metric: "{weighted: [{metric: {kind: swift, name: tone}}]}")
        func complaint(_ names: [String]?) -> String? {
            do {
                _ = try resolveStudy(file: study.file.path, environment: [:], swiftMetricNames: names)
                return nil
            } catch {
                return error.findings.map(\.message).joined(separator: "\n")
            }
        }
        #expect(complaint(nil) == nil && complaint(["tone"]) == nil)
        #expect(complaint(["tones"])?.contains("did you mean 'tones'?") == true)
        #expect(complaint([])?.contains("no Swift metric is registered") == true)
    }
}
