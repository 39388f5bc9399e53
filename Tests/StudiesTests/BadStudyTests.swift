import Testing

@testable import Studies

/// One thing wrong with the good study, and what must be said about it.
struct BadStudy: Sendable, CustomTestStringConvertible {
    var what: String
    /// Text of the good study, and what stands there instead.
    var find = ""
    var replacement = ""
    var files: [String: String] = [:]
    /// How the only finding starts, and what else it contains.
    var start: String
    var fragments: [String] = []
    /// Whether this is all that may be said.
    var isOne = true

    var testDescription: String { what }
}

@Suite struct BadStudyTests {
    static let files: [BadStudy] = [
        BadStudy(
            what: "unknown key at the top", find: "seed: 9", replacement: "sead: 9", start: "study.yaml:3: sead: ",
            fragments: ["unknown key 'sead'", "did you mean 'seed'?", "allowed: nightshift, name, seed,"]),
        BadStudy(
            what: "unknown role", find: "  prompt:", replacement: "  promt:", start: "study.yaml:6: lm.promt: ",
            fragments: ["did you mean 'prompt'?"]),
        BadStudy(
            what: "unknown key of a model", find: "max_tokens", replacement: "max_token",
            start: "study.yaml:5: lm.task.max_token: ",
            fragments: ["did you mean 'max_tokens'?"]),
        BadStudy(
            what: "a cache that is neither on nor off", find: "seed: 9", replacement: "seed: 9\ncache: often",
            start: "study.yaml:4: cache: ", fragments: ["expected true or false, found a string (\"often\")"]),
        BadStudy(
            what: "a limit that lets nothing pass", find: "max_tokens: 1024",
            replacement: "max_tokens: 1024, requests_per_minute: 0",
            start: "study.yaml:5: lm.task.requests_per_minute: ", fragments: ["must be between 0.1 and"]),
        BadStudy(
            what: "unknown key of data", find: "val: val.jsonl", replacement: "vla: val.jsonl",
            start: "study.yaml:16: data.vla: ", fragments: ["allowed: train, val, test, inputs"]),
        BadStudy(
            what: "a budget that cannot hold the study", find: "optimizer:", replacement: "budget: {lm_calls: 3}\noptimizer:",
            start: "study.yaml:18: budget.lm_calls: ", fragments: ["3 is too small", "baseline, confirmation"]),
        BadStudy(
            what: "an unknown kind of budget", find: "optimizer:", replacement: "budget: {calls: 20000}\noptimizer:",
            start: "study.yaml:18: budget.calls: ", fragments: ["allowed: lm_calls, tokens, usd, wall"]),
        BadStudy(
            what: "a budget of time without a unit", find: "optimizer:", replacement: "budget: {wall: 9}\noptimizer:",
            start: "study.yaml:18: budget.wall: ", fragments: ["expected a duration such as 60s, 30m or 9h"]),
        BadStudy(
            what: "a budget of no money", find: "optimizer:", replacement: "budget: {usd: 0}\noptimizer:",
            start: "study.yaml:18: budget.usd: ", fragments: ["more than zero"]),
        BadStudy(
            what: "text that cannot be stored", find: "seed: 9", replacement: "seed: \"9\\0\"", start: "study.yaml:3: seed: ",
            fragments: ["U+0000"]),
        BadStudy(
            what: "embedding with a temperature", find: "  prompt:", replacement: "  embedding:",
            start: "study.yaml:6: lm.embedding.temperature: ", fragments: ["unknown key", "api_key_env"]),
        BadStudy(
            what: "version", find: "nightshift: 1", replacement: "nightshift: 2", start: "study.yaml:1: nightshift: ",
            fragments: ["2 is not known", "'nightshift: 1'"]),
        BadStudy(what: "no version", find: "nightshift: 1", replacement: "", start: "study.yaml: nightshift: is missing; "),
        BadStudy(
            what: "bad name", find: "banking-intents", replacement: "../x", start: "study.yaml:2: name: ",
            fragments: ["letters, digits"]),
        BadStudy(
            what: "seed of the wrong type", find: "seed: 9", replacement: "seed: nine", start: "study.yaml:3: seed: ",
            fragments: ["expected an integer, found a string (\"nine\")"]),
        BadStudy(
            what: "negative seed", find: "seed: 9", replacement: "seed: -1", start: "study.yaml:3: seed: ",
            fragments: ["at least 0, found -1"]),
        BadStudy(
            what: "temperature of the wrong type", find: "temperature: 1}", replacement: "temperature: yes}",
            start: "study.yaml:6: lm.prompt.temperature: ", fragments: ["expected a number, found a string (\"yes\")"]),
        BadStudy(
            what: "temperature out of range", find: "temperature: 1}", replacement: "temperature: 3}",
            start: "study.yaml:6: lm.prompt.temperature: ", fragments: ["between 0.0 and 2.0, found"]),
        BadStudy(
            what: "model without provider", find: "openai/gpt-4o,", replacement: "gpt-4o,",
            start: "study.yaml:6: lm.prompt.model: ", fragments: ["openai/gpt-4o"]),
        BadStudy(
            what: "bad duration", find: "timeout: 60s", replacement: "timeout: 9 hours", start: "study.yaml:5: lm.task.timeout: ",
            fragments: ["60s, 30m or 9h", "\"9 hours\""]),
        BadStudy(
            what: "duration without unit", find: "timeout: 60s", replacement: "timeout: 60",
            start: "study.yaml:5: lm.task.timeout: ",
            fragments: ["60s, 30m or 9h, found an integer (60)"]),
        BadStudy(
            what: "missing file", find: "train: train.jsonl", replacement: "train: trian.jsonl",
            start: "study.yaml:16: data.train: trian.jsonl: no such file", fragments: ["did you mean 'train.jsonl'?"]),
        BadStudy(
            what: "inputs of the wrong type", find: "inputs: [utterance]", replacement: "inputs: utterance",
            start: "study.yaml:16: data.inputs: ", fragments: ["expected a list of names"]),
        BadStudy(
            what: "input twice", find: "inputs: [utterance]", replacement: "inputs: [utterance, utterance]",
            start: "study.yaml:16: data.inputs[1]: ", fragments: ["listed twice"]),
        BadStudy(
            what: "broken line of data",
            files: ["val.jsonl": "{\"utterance\": \"q\", \"intent\": \"card\"}\n{\"utterance\": oops}\n"],
            start: "val.jsonl:2: broken JSON: ", fragments: ["column 15"]),
        BadStudy(
            what: "empty validation data", files: ["val.jsonl": "\n\n"], start: "study.yaml:16: data.val: val.jsonl has no rows"),
        BadStudy(
            what: "input absent in a row", files: ["test.jsonl": "\n{\"uterance\": \"q\", \"intent\": \"card\"}\n"],
            start: "test.jsonl:2: no field 'utterance', an input of the program; ",
            fragments: ["did you mean 'uterance'?", "the row has: uterance, intent"]),
        BadStudy(
            what: "label absent in a row", files: ["test.jsonl": "{\"utterance\": \"q\", \"label\": \"card\"}\n"],
            start: "test.jsonl:1: no field 'intent', which the metric needs; ", fragments: ["the row has: utterance, label"]),
        BadStudy(
            what: "enum file missing", find: "enum: labels.json", replacement: "enum: label.json",
            start: "study.yaml:15: program.steps[1].intent.fields.intent",
            fragments: ["label.json: no such file", "did you mean 'labels.json'?"]),
        BadStudy(
            what: "enum file broken", files: ["labels.json": "[\"card\""],
            start: "study.yaml:15: program.steps[1].intent.fields.intent", fragments: ["labels.json: broken JSON"]),
    ]

    static let sections: [BadStudy] = [
        BadStudy(
            what: "unknown key of a step", find: "        instructions: Name", replacement: "        instruction: Name",
            start: "study.yaml:11: program.steps[0].topic.instruction: ", fragments: ["instructions"]),
        BadStudy(
            what: "unknown kind of step", find: "chain_of_thought:", replacement: "chain_of_though:",
            start: "study.yaml:",
            fragments: ["13: program.steps[1].intent.chain_of_though: ", "did you mean 'chain_of_thought'?"], isOne: false),
        BadStudy(
            what: "unknown type in a signature", find: "topic -> intent\"", replacement: "topic -> intent: strng\"",
            start: "study.yaml:13: program.steps[1].intent.chain_of_thought: ", fragments: ["strng"]),
        BadStudy(
            what: "input that nothing provides", find: "utterance, topic ->", replacement: "utterance, topics ->",
            start: "study.yaml:12: program.steps[1].intent", fragments: ["topics", "topic"]),
        BadStudy(
            what: "metric on a field that is no output", find: "field: intent", replacement: "field: intend",
            start: "study.yaml:17: metric.field: ", fragments: ["intend", "intent"]),
        BadStudy(
            what: "unknown metric", find: "exact_match", replacement: "exact_mach", start: "study.yaml:17: metric.kind: ",
            fragments: ["exact_match"]),
        BadStudy(
            what: "unknown key of the metric", find: "field: intent", replacement: "feild: intent",
            start: "study.yaml:17: metric.feild: ", fragments: ["field"]),
        BadStudy(
            what: "unknown optimizer", find: "kind: mipro", replacement: "kind: mirpo", start: "study.yaml:18: optimizer.kind: ",
            fragments: ["mipro", "random_search"]),
        BadStudy(
            what: "optimizer without its budget", find: "kind: mipro, auto: light", replacement: "kind: gepa",
            start: "study.yaml:18: optimizer.auto: ", fragments: ["max_full_evals", "max_metric_calls"]),
        BadStudy(
            what: "unknown key of the optimizer", find: "auto: light", replacement: "auto: light, minibach_size: 20",
            start: "study.yaml:18: optimizer.minibach_size: ", fragments: ["minibatch_size"]),
        BadStudy(
            what: "target score in points", find: "auto: light", replacement: "auto: light, target_score: 80",
            start: "study.yaml:18: optimizer.target_score: ", fragments: ["from 0 to 1"]),
        BadStudy(
            what: "auto with num_trials", find: "auto: light", replacement: "auto: light, num_trials: 5",
            start: "study.yaml:18: optimizer", fragments: ["num_trials", "auto"]),
        BadStudy(
            what: "minibatch larger than the validation data", find: "auto: light",
            replacement: "auto: null, num_candidates: 4, num_trials: 8, minibatch_size: 41",
            start: "study.yaml:18: optimizer.minibatch_size: ",
            fragments: ["41", "40"]),
    ]

    @Test(arguments: files + sections)
    func isRefusedWithItsPlaceAndItsMending(bad: BadStudy) throws {
        var files = bad.files
        if !bad.find.isEmpty {
            let text = goodStudy.replacing(bad.find, with: bad.replacement, maxReplacements: 1)
            try #require(text != goodStudy)
            files["study.yaml"] = text
        }
        let complaints = try TemporaryStudy(files).complaints()
        #expect(complaints.hasPrefix(bad.start), "\(complaints)")
        for fragment in bad.fragments { #expect(complaints.contains(fragment), "\(complaints)") }
        if bad.isOne { #expect(!complaints.contains("\n"), "\(complaints)") }
    }

    @Test func duplicateKeysAndUnsetVariables() throws {
        let twice = try TemporaryStudy(["study.yaml": goodStudy.replacing("seed: 9", with: "seed: 9\nseed: 10")])
        #expect(twice.complaints() == "study.yaml:3: the key 'seed' is given twice; keep one")
        let unset = try TemporaryStudy(["study.yaml": goodStudy.replacing("http://127.0.0.1:8080", with: "${LM_URL}")])
        #expect(
            unset.complaints()
                == "study.yaml:5: lm.task.base_url: the variable LM_URL is not set; set it, or write ${LM_URL:-default}")
        #expect(unset.complaints(environment: ["LM_URL": "http://127.0.0.1:1"]) == "")
    }

    @Test func manyBadRowsAreTold() throws {
        let rows = String(repeating: "{\"utterance\": \"q\"}\n", count: 40)
        let lines = try TemporaryStudy(["val.jsonl": rows]).complaints().split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.first == "val.jsonl:1: no field 'intent', which the metric needs; the row has: utterance")
        #expect(lines.last == "val.jsonl: and 35 more lines like these")
    }
}
