internal import Foundation
internal import JSON
internal import Programs
internal import Synchronization

/// The LM calls of a file that ``CallRecorder`` has written.
package final class CallRecord: Sendable {
    /// How many calls it has, and lines that are none: those of killed processes.
    package let (count, broken): (Int, Int)
    private let path: String
    private let calls: [CallKey: RecordedCall]
    /// Those that were asked for already: only the first asking took what the record says.
    private let asked = Mutex<Set<CallKey>>([])

    /// Why the file is of no use.
    package struct Failure: Error {
        package let message: String
    }

    package init(path: String) throws(Failure) {
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw Failure(message: "\(path) can't be read: \(error.localizedDescription)")
        }
        var calls: [CallKey: RecordedCall] = [:]
        var broken = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let json = try? JSON(parsing: Array(line)), let call = RecordedCall(json: json) else {
                broken += 1
                continue
            }
            // Of several, the one that was paid for.
            if let known = calls[call.key], known.usage.calls >= call.usage.calls { continue }
            calls[call.key] = call
        }
        guard !calls.isEmpty else { throw Failure(message: "\(path) holds no recorded call") }
        self.calls = calls
        self.path = path
        (count, self.broken) = (calls.count, broken)
    }

    /// What came of the call then. It took what it took then when it is asked for the first time, afterwards nothing.
    func answer(_ key: CallKey, or miss: () -> RecordedCall) throws(LanguageModelError) -> (answer: CachedAnswer, usage: Usage) {
        guard let call = calls[key] else { throw LanguageModelError(.notRecorded, message(of: miss())) }
        let isFirst = asked.withLock { $0.insert(key).inserted }
        let usage = isFirst ? call.usage : Usage(cached: 1)
        switch call.ending {
        case .answer(let answer): return (answer, usage)
        case .failure(var error):
            error.usage = usage
            throw error
        }
    }

    // MARK: What differs

    private func message(of call: RecordedCall) -> String {
        let head = "the record \(path) has no answer to this call of the role \(call.role)"
        let alike = calls.values.filter { $0.role == call.role }.max { common($0, call) < common($1, call) }
        guard let alike else { return head + ": it has no call of that role at all" }
        return head + "; the most similar recorded one differs in " + difference(alike, call)
    }

    /// How many characters two calls have in common, from their beginnings on.
    private func common(_ one: RecordedCall, _ other: RecordedCall) -> Int {
        zip(Self.texts(one), Self.texts(other)).reduce(0) { $0 + $1.0.commonPrefix(with: $1.1).utf8.count }
    }

    private static func texts(_ call: RecordedCall) -> [String] {
        call.request["messages"]?.arrayValue?.compactMap { $0["content"]?.stringValue } ?? [call.request.stringValue ?? ""]
    }

    private func difference(_ recorded: RecordedCall, _ call: RecordedCall) -> String {
        for (name, old, new) in [("endpoint", recorded.endpoint, call.endpoint), ("model", recorded.model, call.model)]
        where old != new {
            return "its \(name): '\(old)' then, '\(new)' now"
        }
        let (old, new) = (Self.texts(recorded), Self.texts(call))
        for (number, (then, now)) in zip(old, new).enumerated() where then != now {
            let common = then.commonPrefix(with: now).count
            func excerpt(_ text: String) -> String { String(text.dropFirst(max(0, common - 20)).prefix(80)) }
            return "message \(number + 1) from character \(common + 1) on: '\(excerpt(then))' then, '\(excerpt(now))' now"
        }
        if old.count != new.count { return "the number of messages: \(old.count) then, \(new.count) now" }
        let names = Set((recorded.request.objectValue?.keys ?? []) + (call.request.objectValue?.keys ?? [])).sorted()
        for name in names where recorded.request[name] != call.request[name] {
            func text(_ json: JSON?) -> String { json?.serialized() ?? "none" }
            return "'\(name)': \(text(recorded.request[name])) then, \(text(call.request[name])) now"
        }
        return "nothing that is recorded"
    }
}
