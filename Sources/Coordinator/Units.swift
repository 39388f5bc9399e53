internal import JSON
internal import Optimizers
internal import Store

extension Decision {
    /// The decision's work as units, with keys that follow from the study alone.
    var units: [UnitDraft] {
        switch work {
        case .evaluate(_, let candidate, let split, let block, let fresh):
            let size = sliceSize(block: block.count)
            return stride(from: 0, to: fresh.count, by: size).enumerated().map { ordinal, start in
                UnitDraft(
                    key: "\(key)/s\(ordinal)", ordinal: ordinal, priority: priority, kind: .evaluate, candidate: candidate,
                    split: split.rawValue, examples: Array(fresh[start..<min(start + size, fresh.count)]))
            }
        case .bootstrap(let candidate, let examples, let round):
            return examples.enumerated().map { ordinal, example in
                UnitDraft(
                    key: "\(key)/ex\(example)/r\(round)", ordinal: ordinal, priority: priority, kind: .bootstrap,
                    candidate: candidate, split: Split.train.rawValue, examples: [example], rollout: round)
            }
        case .propose(let calls):
            return calls.enumerated().map { ordinal, call in
                UnitDraft(key: unitKey(of: call), ordinal: ordinal, priority: priority, kind: .propose, payload: call.json)
            }
        }
    }

    func unitKey(of call: ProposalCall) -> String { "propose/\(call.key)" }
}

/// How many examples a unit holds: an eighth of the block, so that a block keeps several workers busy, at most 25.
private func sliceSize(block: Int) -> Int { min(max((block + 7) / 8, 1), 25) }
