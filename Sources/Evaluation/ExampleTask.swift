internal import Hashing
package import JSON

/// One run of a program on one row, as a unit asks for it.
package struct ExampleTask: Sendable, Hashable {
    package enum Purpose: Sendable, Hashable {
        /// For the score; rollout 1 where rollout 0 is missing.
        case evaluation(rollout: Int)
        /// For the trace and the metric's feedback.
        case trace(rollout: Int)
        /// By the teacher, for the trace; round 0 first, then with a rollout of its own at temperature 1.
        case bootstrap(round: Int)
    }

    package var purpose: Purpose
    package var candidate: String
    package var split: String
    package var number: Int
    package var row: JSONObject

    package init(purpose: Purpose, candidate: String, split: String, number: Int, row: JSONObject) {
        self.purpose = purpose
        self.candidate = candidate
        self.split = split
        self.number = number
        self.row = row
    }

    var round: Int {
        switch purpose {
        case .evaluation(let rollout), .trace(let rollout): rollout
        case .bootstrap(let round): round
        }
    }

    /// The rollout of the task's LM calls: a function of the study's seed and of the example, so that whoever runs it, and
    /// however often, asks for the same draw. It does not name the candidate: candidates that ask the same share the answer.
    func rollout(seed: UInt64) -> UInt64 { rolloutID("\(seed)/\(split)/\(number)/r\(round)") }
}

/// 48 bits of a hash: every JSON reader keeps them exact.
func rolloutID(_ key: String) -> UInt64 { sha256Digest(Array(key.utf8)).prefix(6).reduce(0) { $0 << 8 | UInt64($1) } }
