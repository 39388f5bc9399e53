import JSON
import Testing

@testable import ProgramMetrics

/// Sections that are refused, with the place and the way out.
@Suite struct BadMetricTests {
    @Test(arguments: [
        (#"{"kind": "hotpotf1", "field": "answer"}"#, "kind: unknown metric 'hotpotf1'; did you mean 'hotpot_f1'?"),
        (#"{"kind": 3}"#, "kind: 'kind' is a string, not an integer"), (#"{}"#, "kind: a metric needs a kind: exact_match"),
        (
            #"{"kind": "f1", "field": "answer", "threshold": 66}"#,
            "threshold: 'threshold' is a number above 0 and up to 1, not 66"
        ),
        (#"{"kind": "f1", "field": "answer", "threshold": 0}"#, "threshold: 'threshold' is a number above 0"),
        (#"{"kind": "exact_match", "field": "answer", "threshold": 1}"#, "threshold: unknown key 'threshold' in metric"),
        (#"{"kind": "numeric", "field": "answer", "extract": "last"}"#, "extract: unknown reading 'last'; Known: last_number"),
        (#"{"kind": "numeric", "field": "answer", "extract": "last_numbr"}"#, "did you mean 'last_number'?"),
        (
            #"{"kind": "passage_match", "passages": "contex"}"#,
            "passages: the program has no output 'contex'; did you mean 'context'?"
        ),
        (#"{"kind": "passage_match", "field": "answer"}"#, "field: unknown key 'field' in metric"),
        (
            #"{"kind": "json_equality", "fields": {"a": "exct"}, "field": "answer"}"#,
            "fields.a: unknown comparison 'exct'; did you mean 'exact'?"
        ),
        (
            #"{"kind": "json_equality", "fields": {"a": {"kind": "numeric", "tol": 1}}, "field": "answer"}"#,
            "fields.a.tol: unknown key 'tol'"
        ),
        (
            #"{"kind": "json_equality", "fields": {"a": {"kind": "numeric", "tolerance": -1}}, "field": "answer"}"#,
            "fields.a.tolerance: "
        ),
        (#"{"kind": "json_equality", "fields": {"a": 1}, "field": "answer"}"#, "fields.a: a comparison is one of exact, equal"),
        (#"{"kind": "json_equality", "fields": []}"#, "fields: 'fields' says how each is compared"),
        (
            #"{"kind": "json_equality", "fields": {"anser": "exact"}}"#,
            "fields.anser: the program has no output 'anser'; did you mean 'answer'?"
        ),
        (#"{"kind": "semantic_f1", "field": "answer", "threshold": 0.66}"#, "the optimizer's metric_threshold"),
        (
            #"{"kind": "semantic_f1", "field": "answer", "decompositional": "yes"}"#,
            "decompositional: 'decompositional' is true or false"
        ),
        (#"{"kind": "semantic_f1"}"#, "field: the program has several outputs; name the one to judge: answer, context"),
        (
            #"{"kind": "complete_and_grounded", "field": "answer", "context": "prediction.contxt"}"#,
            "context: the program has no output 'contxt'; did you mean 'context'?"
        ),
        (#"{"kind": "lm_judge", "inputs": ["answer"]}"#, "rubric: a judge needs a rubric"),
        (#"{"kind": "lm_judge", "rubric": "x"}"#, "inputs: is missing; name what the judge sees"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": []}"#, "inputs: name what the judge sees"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": [1]}"#, "inputs: '1' is not a field"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": ["example.answer"]}"#, "write {NAME: example.answer}"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": ["answer", "answer"]}"#, "inputs: field 'answer' appears twice"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": ["score"]}"#, "inputs: 'score' is what the judge answers"),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": {"a": "prediction.x"}}"#, "inputs: the program has no output 'x'"),
        (
            #"{"kind": "lm_judge", "rubric": "x", "inputs": ["answer"], "scale": {"min": 5, "max": 1}}"#,
            "scale: 'scale' gives the worst and the best score"
        ),
        (#"{"kind": "lm_judge", "rubric": "x", "inputs": ["answer"], "scale": {"min": 1, "mx": 5}}"#, "scale: 'scale' gives"),
        (#"{"weighted": []}"#, "weighted: a weighted metric is made of parts"),
        (#"{"weighted": [{"weight": 1}]}"#, "weighted[0]: a part is an object such as"),
        (
            #"{"weighted": [{"wieght": 1, "metric": {"kind": "f1", "field": "answer"}}]}"#,
            "weighted[0].wieght: unknown key 'wieght' in a weighted part; did you mean 'weight'?"
        ),
        (
            #"{"weighted": [{"weight": -1, "metric": {"kind": "f1", "field": "answer"}}]}"#,
            "weighted[0].weight: 'weight' is a number above 0, not -1"
        ),
        (
            #"{"weighted": [{"metric": {"kind": "f1", "field": "answr"}}]}"#,
            "weighted[0].metric.field: the program has no output 'answr'"
        ),
        (
            #"{"weighted": [{"metric": {"weighted": [{"metric": {"kind": "numric"}}]}}]}"#,
            "weighted[0].metric.weighted[0].metric.kind: unknown metric 'numric'"
        ),
        (
            #"{"kind": "swift"}"#, "name: is missing: the name under which"
        ),
        (
            #"{"kind": "swift", "name": 1}"#,
            "name: 'name' is a string"
        ),
        (#"{"kind": "process"}"#, "command: is the executable and its arguments"),
        (#"{"kind": "process", "command": "judge.py"}"#, "command: 'command' is a list of strings"),
        (#"{"kind": "process", "command": []}"#, "command: is the executable"),
        (#"{"kind": "process", "command": ["x"], "timeout": "soon"}"#, "timeout: 'timeout' is a time such as 60s"),
        (#"{"kind": "process", "command": ["x"], "timeout": 0}"#, "timeout: 'timeout' is a time"),
        (#"{"kind": "process", "command": ["x"], "labels": "gold"}"#, "labels: 'labels' is a list of strings"),
    ])
    func isRefused(text: String, words: String) throws {
        let section = try JSON(parsing: text)
        let error = #expect(throws: Diagnostics.self) { try metric(section: section, outputs: ["answer", "context"]) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(requiredLabels(section: section, outputs: ["answer", "context"]).isEmpty)
        #expect(splitMetric(section: section, outputs: ["answer", "context"]) == nil)
    }

    @Test func allFindingsAtOnce() throws {
        let section: JSON = ["kind": "numeric", "feild": "x", "tolerance": "a", "extract": 1]
        let error = #expect(throws: Diagnostics.self) { try metric(section: section, outputs: ["a", "b"]) }
        #expect(error?.all.map(\.path.description) == ["feild", "tolerance", "extract", "field"])
    }
}
