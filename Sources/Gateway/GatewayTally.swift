internal import JSON
internal import Programs
internal import Synchronization

/// What a gateway's calls took since its start, by whom they were for.
final class GatewayTally: Sendable {
    private struct Entry {
        var requests = 0
        var failed = 0
        var usage = Usage.zero
    }

    private let entries = Mutex<[Attribution: Entry]>([:])
    /// Programs name what they like: what is beyond is counted together.
    private static let mostKept = 10_000

    func add(_ usage: Usage, failed: Bool, for attribution: Attribution) {
        entries.withLock { entries in
            let key = entries[attribution] != nil || entries.count < Self.mostKept ? attribution : Attribution()
            entries[key, default: Entry()].requests += 1
            if failed { entries[key]?.failed += 1 }
            entries[key]?.usage += usage
        }
    }

    /// `[{"study", "trial", "role", "requests", "failed", "calls", "attempts", "cached", …}]`.
    var json: JSON {
        let sorted = entries.withLock { $0 }.sorted { left, right in
            let (first, second) = (left.key, right.key)
            return (first.study ?? "", first.trial ?? -1, first.role.rawValue)
                < (second.study ?? "", second.trial ?? -1, second.role.rawValue)
        }
        return .array(
            sorted.map { attribution, entry in
                let head: JSONObject = [
                    "study": attribution.study.map(JSON.string) ?? .null, "trial": attribution.trial.map(JSON.int) ?? .null,
                    "role": .string(attribution.role.rawValue), "requests": .int(entry.requests), "failed": .int(entry.failed),
                ]
                return .object(head.merging(entry.usage.json.objectValue ?? [:]))
            })
    }
}
