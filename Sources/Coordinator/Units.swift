internal import JSON
internal import Optimizers
internal import Store

extension Decision {
    /// The decision's work as units, with keys that follow from the study alone.
    var units: [UnitDraft] {
        switch work {
        case .evaluate(_, let candidate, let split, let block, let fresh, let retry):
            let size = sliceSize(block: block.count)
            return stride(from: 0, to: fresh.count, by: size).enumerated().map { ordinal, start in
                UnitDraft(
                    key: "\(key)/s\(ordinal)", ordinal: ordinal, priority: priority, kind: .evaluate, candidate: candidate,
                    split: split.rawValue, examples: Array(fresh[start..<min(start + size, fresh.count)]), rollout: retry)
            }
        case .bootstrap(let candidate, let examples, let round):
            return traced(candidate, examples, kind: .bootstrap, rollout: round)
        case .trace(let candidate, let examples, let round):
            return traced(candidate, examples, kind: .trace, rollout: Self.firstTraceRollout + round)
        case .propose(let calls):
            return calls.enumerated().map { ordinal, call in
                UnitDraft(key: unitKey(of: call), ordinal: ordinal, priority: priority, kind: .propose, payload: call.json)
            }
        case .stop: return []
        case .finetune(let call):
            // A unit without examples, stored and answered like a proposal.
            return [
                UnitDraft(
                    key: unitKey(of: call), ordinal: 0, priority: priority, kind: .propose, payload: ["finetune": call.json])
            ]
        }
    }

    /// Results of bootstrapping and of tracing one candidate on one row are different ones.
    static let firstTraceRollout = 1000

    private func traced(_ candidate: String, _ examples: [Int], kind: UnitKind, rollout: Int) -> [UnitDraft] {
        examples.enumerated().map { ordinal, example in
            UnitDraft(
                key: "\(key)/ex\(example)/r\(rollout)", ordinal: ordinal, priority: priority, kind: kind,
                candidate: candidate, split: Split.train.rawValue, examples: [example], rollout: rollout)
        }
    }

    func unitKey(of call: ProposalCall) -> String { "propose/\(call.key)" }
    func unitKey(of call: FinetuneCall) -> String { "finetune/\(call.key)" }
}

/// How many examples a unit holds: an eighth of the block, so that a block keeps several workers busy, at most 25.
private func sliceSize(block: Int) -> Int { min(max((block + 7) / 8, 1), 25) }
