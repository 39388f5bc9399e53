package import JSON
internal import Programs

extension Decision {
    /// The whole decision, from which ``init(json:)`` makes an equal one.
    package var json: JSON {
        [
            "key": .string(key), "stage": .string(stage.rawValue), "priority": .int(priority), "work": work.json,
            "candidates": .array(candidates.map { ["id": .string($0.id), "state": $0.state.json] }),
            "trials": .array(trials.map(\.json)),
        ]
    }

    /// - Throws: a ``Diagnostic`` naming the member that is missing or of another kind.
    package init(json: JSON) throws(Diagnostic) {
        let reader = MemberReader(json)
        key = try reader.string("key")
        stage = try reader.name("stage")
        priority = try reader.int("priority")
        work = try Work(json: reader.member("work"))
        candidates = []
        for member in try reader.array("candidates") {
            let state = try ProgramState(json: MemberReader(member).member("state"))
            candidates.append(Candidate(state))
        }
        trials = []
        for member in try reader.array("trials") { try trials.append(TrialStart(json: member)) }
    }
}

extension TrialStart {
    package var json: JSON {
        [
            "number": .int(number), "candidate": .string(candidate), "params": .object(params),
            "provenance": .string(provenance),
        ]
    }

    package init(json: JSON) throws(Diagnostic) {
        let reader = MemberReader(json)
        number = try reader.int("number")
        candidate = try reader.string("candidate")
        params = try reader.object("params")
        provenance = try reader.string("provenance")
    }
}

extension Work {
    package var json: JSON {
        switch self {
        case .evaluate(let trial, let candidate, let split, let block, let fresh, let retry):
            [
                "kind": "evaluate", "trial": .int(trial), "candidate": .string(candidate), "split": .string(split.rawValue),
                "block": .array(block.map { .int($0) }), "fresh": .array(fresh.map { .int($0) }), "retry": .int(retry),
            ]
        case .bootstrap(let candidate, let examples, let round):
            [
                "kind": "bootstrap", "candidate": .string(candidate), "examples": .array(examples.map { .int($0) }),
                "round": .int(round),
            ]
        case .trace(let candidate, let examples, let round):
            [
                "kind": "trace", "candidate": .string(candidate), "examples": .array(examples.map { .int($0) }),
                "round": .int(round),
            ]
        case .propose(let calls): ["kind": "propose", "calls": .array(calls.map(\.json))]
        case .finetune(let call): ["kind": "finetune", "call": call.json]
        case .stop(let reason, let told): ["kind": "stop", "reason": .string(reason.rawValue), "told": .int(told)]
        }
    }

    package init(json: JSON) throws(Diagnostic) {
        let reader = MemberReader(json)
        switch try reader.string("kind") {
        case "evaluate":
            self = .evaluate(
                trial: try reader.int("trial"), candidate: try reader.string("candidate"), split: try reader.name("split"),
                block: try reader.ints("block"), fresh: try reader.ints("fresh"), retry: try reader.int("retry"))
        case "bootstrap":
            self = .bootstrap(
                candidate: try reader.string("candidate"), examples: try reader.ints("examples"), round: try reader.int("round"))
        case "trace":
            self = .trace(
                candidate: try reader.string("candidate"), examples: try reader.ints("examples"), round: try reader.int("round"))
        case "finetune": self = .finetune(try FinetuneCall(json: reader.member("call")))
        case "stop": self = .stop(try reader.name("reason"), told: try reader.int("told"))
        case "propose":
            var calls: [ProposalCall] = []
            for member in try reader.array("calls") { try calls.append(ProposalCall(json: member)) }
            self = .propose(calls)
        case let kind: throw Diagnostic(JSONPath([.key("kind")]), "'\(kind)' is no kind of work")
        }
    }
}

extension ProposalCall {
    package var json: JSON {
        [
            "key": .string(key), "signature": signature.json, "inputs": .object(inputs), "temperature": .double(temperature),
        ]
    }

    package init(json: JSON) throws(Diagnostic) {
        let reader = MemberReader(json)
        key = try reader.string("key")
        do {
            signature = try Signature(json: reader.member("signature"))
        } catch {
            throw Diagnostic(JSONPath([.key("signature")]), "\(error)")
        }
        inputs = try reader.object("inputs")
        temperature = try reader.double("temperature")
    }
}
