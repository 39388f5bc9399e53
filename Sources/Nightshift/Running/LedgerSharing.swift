internal import Foundation
internal import LanguageModels
internal import Programs
internal import Store

/// Books what this process's calls take in the team's ledger, and draws what they may take: a word at once when a call waits for
/// an allowance, else twice a second while there is something to say.
struct LedgerSharing: Sendable {
    private let store: Store
    private let ledger: CallLedger
    private let log: @Sendable (String) -> Void

    private static let interval = Duration.milliseconds(500)
    /// Between two words while calls wait and get nothing.
    private static let (shortest, longest) = (Duration.milliseconds(10), Duration.milliseconds(200))
    /// When a process that is not heard of is taken for dead.
    private static let ttl = Duration.seconds(15)

    init(_ store: Store, _ ledger: CallLedger, log: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.ledger = ledger
        self.log = log
    }

    /// Draws until the task is cancelled, then gives back what is left.
    func run() async {
        var (holder, number) = (UUID(), 0)
        var backoff = Backoff(base: Self.shortest, ceiling: Self.longest)
        var isAway = false
        while !Task.isCancelled {
            await ledger.wait(atMost: Self.interval)
            let words = ledger.words()
            guard !words.isEmpty else { continue }
            number += 1
            do throws(StoreError) {
                ledger.apply(try await draw(holder, number, words))
                isAway = false
            } catch {
                if error.code == .sessionLost {
                    ledger.lost()
                    (holder, number) = (UUID(), 0)
                } else {
                    ledger.unheard(words)
                }
                if error.code != .sessionLost, !Task.isCancelled {
                    if !isAway { log("calls wait for the ledger: \(error)") }
                    isAway = true
                    try? await Task.sleep(for: .milliseconds(300))
                }
            }
            if ledger.isAwaited { try? await Task.sleep(for: backoff.next()) } else { backoff.reset() }
        }
        let (last, words) = ((holder, number + 1), ledger.words(isLast: true))
        await store.atLast { store throws(StoreError) in
            try await store.leaveBudget(holder: last.0, word: last.1, words.map { SpendingDraw($0) })
        }
    }

    /// A study of which nothing is heard is gone: its calls have nobody who pays.
    private func draw(_ holder: UUID, _ number: Int, _ words: [SpendingWord]) async throws(StoreError) -> [SpendingGrant] {
        let allowances = try await store.drawBudget(
            holder: holder, word: number, words.map { SpendingDraw($0) }, ttl: Self.ttl)
        return words.map { word in
            let found = allowances.first { $0.study == word.origin.study && $0.role == word.origin.role.rawValue }
            guard let found else { return SpendingGrant(origin: word.origin, amount: .zero, refusal: "the deleted study") }
            let amount = CallAmount(
                calls: found.amount[0], promptTokens: found.amount[1], completionTokens: found.amount[2])
            return SpendingGrant(origin: word.origin, amount: amount, refusal: found.refusal)
        }
    }
}

extension SpendingDraw {
    fileprivate init(_ word: SpendingWord) {
        let figures = word.figures
        func list(_ amount: CallAmount) -> [Int] { [amount.calls, amount.promptTokens, amount.completionTokens] }
        self.init(
            study: word.origin.study ?? "", role: word.origin.role.rawValue, spent: list(figures.spent),
            uncounted: figures.uncounted, unconfirmed: list(figures.unconfirmed), held: list(figures.held),
            kept: list(figures.kept), wanted: list(figures.wanted), least: list(figures.least), largest: list(figures.largest))
    }
}
