internal import Foundation
internal import Hashing
internal import JSON
internal import Optimizers
internal import Store
internal import Studies

/// What a command wants to run, and which stored study that is.
struct Submission {
    var name: String
    var fingerprint: String
    var spec: JSON
    var splits: [Store.SplitRows]
    /// Keys in which another stored study differs.
    var changedKeys: (JSON) throws -> [String]

    init(_ resolved: ResolvedStudy) {
        let study = resolved.study
        name = study.name
        fingerprint = study.fingerprint
        spec = study.json
        splits = Self.splits(resolved)
        changedKeys = { other in try study.changedKeys(from: other) }
    }

    /// A state of the program that is to be scored on one split.
    init(_ request: EvaluationRequest, of resolved: ResolvedStudy) {
        let digest = request.state.digest
        name = "\(resolved.study.name)@\(request.split.rawValue)-\(digest.prefix(8))"
        fingerprint = sha256("\(resolved.study.fingerprint)/\(request.split.rawValue)/\(digest)")
        spec = request.spec(of: resolved.study)
        splits = Self.splits(resolved)
        changedKeys = { _ in ["the program, its data or its models"] }
    }

    private static func splits(_ resolved: ResolvedStudy) -> [Store.SplitRows] {
        let facts = resolved.study.data?.splits ?? [:]
        return resolved.rows.sorted { $0.key.rawValue < $1.key.rawValue }.map { split, rows in
            Store.SplitRows(split: split.rawValue, sha256: (facts[split] ?? DataFacts(rows: rows)).hash, rows: rows)
        }
    }

    enum Standing {
        case new(StudyRecord)
        case resumed(StudyRecord)
        case finished(StudyRecord)

        var record: StudyRecord {
            switch self {
            case .new(let record), .resumed(let record), .finished(let record): record
            }
        }
    }

    /// Resumes the unfinished study of this fingerprint, answers a finished one, or stores a new one.
    ///
    /// - Parameters:
    ///   - isFresh: a new study in any case; an unfinished one of the name is cancelled, its results stay.
    ///   - check: whether a new study may begin.
    func submit(to store: Store, isFresh: Bool, check: () throws -> Void = {}) async throws -> Standing {
        let known = try await store.study(named: name)
        if let known, !isFresh {
            if !known.isEnded { return .resumed(try await resume(known, in: store)) }
            if known.state == "finished", known.fingerprint == fingerprint { return .finished(known) }
        }
        try check()
        if let known, !known.isEnded {
            try await store.steer(study: known.number, "cancel", message: "replaced by a fresh study")
        }
        do {
            let id = String(UUID().uuidString.lowercased().filter { $0 != "-" }.prefix(16))
            let number = try await store.submit(
                id: id, name: name, fingerprint: fingerprint, spec: spec, planVersion: StudyPlan.version, splits: splits)
            guard let record = try await store.study(number: number) else {
                throw StoreError(.malformed, "the new study is gone")
            }
            return .new(record)
        } catch let error as StoreError where error.code == .conflict {
            // Somebody submitted a study of that name at the same moment: theirs is the one to resume.
            guard let known = try await store.study(named: name), !known.isEnded else { throw error }
            return .resumed(try await resume(known, in: store))
        }
    }

    private func resume(_ known: StudyRecord, in store: Store) async throws -> StudyRecord {
        guard known.fingerprint == fingerprint else {
            let keys = try changedKeys(known.spec)
            throw CommandFailure(
                .badInput,
                """
                the study '\(name)' (\(known.id)) is unfinished, and this file describes another one.
                Changed: \(keys.joined(separator: ", "))
                Undo the change to resume it, give the new study another name, or start anew with --fresh.
                """)
        }
        try await store.update(study: known.number, spec: spec)
        if known.state == "paused" { try await store.steer(study: known.number, "resume") }
        return try await store.study(number: known.number) ?? known
    }
}
