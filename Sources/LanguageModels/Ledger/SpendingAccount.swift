/// What one process has used of a study's budget for one role, what it holds of it, and who waits for more. A value: the driver
/// brings the time, in seconds of any steady clock, sends the words and resumes those who wait.
///
/// A call takes its worst case from the allowance before it is sent, and gives back what it did not need. Whatever is granted is
/// for a moment: what no call is likely to need soon goes back with the next word.
struct SpendingAccount<Waiter> {
    /// How a reserved call ended.
    enum Ending {
        /// With 2xx. - tokens: nil where the provider did not count them.
        case answered(tokens: (prompt: Int, completion: Int)?)
        /// It was not sent, or the provider refused it: nothing is billed.
        case unbilled
        /// It was sent, and nobody knows the answer.
        case unknown
    }

    /// Seconds of calls that an allowance is for.
    private static var moment: Double { 1 }

    private(set) var spent = CallAmount.zero
    /// Sent without an answer, at the worst case.
    private(set) var unconfirmed = CallAmount.zero
    /// Reserved for calls that have not ended.
    private(set) var held = CallAmount.zero
    /// May be reserved without asking.
    private(set) var free = CallAmount.zero
    /// Answers whose tokens were not counted.
    private(set) var uncounted = 0
    private(set) var largest = CallAmount.zero
    /// In the order in which they came; who asked for more than there is goes behind the others.
    private(set) var waiting: [(id: UInt64, amount: CallAmount, waiter: Waiter)] = []
    /// What the first that waited asked for with the last word; zero where nobody did.
    private var asked = CallAmount.zero
    private var reservedLately = CallAmount.zero
    private var lastWordAt: Double?
    private var isChanged = true

    /// Takes the amount; false where there is not enough, or others came first that there would be enough for.
    mutating func reserve(_ amount: CallAmount) -> Bool {
        guard amount.fits(in: free), !waiting.contains(where: { $0.amount.fits(in: free) }) else { return false }
        take(amount)
        return true
    }

    private mutating func take(_ amount: CallAmount) {
        free -= amount
        held += amount
        reservedLately += amount
        largest = largest.most(amount)
        isChanged = true
    }

    mutating func wait(_ id: UInt64, _ amount: CallAmount, _ waiter: Waiter) {
        waiting.append((id, amount, waiter))
    }

    /// - Returns: the waiter, where it still waits.
    mutating func leave(_ id: UInt64) -> Waiter? {
        guard let position = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: position).waiter
    }

    mutating func ended(_ amount: CallAmount, _ ending: Ending) {
        isChanged = true
        held -= amount
        switch ending {
        case .unbilled: free += amount
        case .unknown: unconfirmed += amount
        case .answered(nil):
            // That it was answered is sure; what it took is not.
            uncounted += 1
            spent += CallAmount(calls: 1)
            unconfirmed += amount - CallAmount(calls: 1)
        case .answered(let tokens?):
            let used = CallAmount(calls: 1, promptTokens: tokens.prompt, completionTokens: tokens.completion)
            spent += used
            free += (amount - used).most(.zero)
        }
    }

    /// What is told, and asked for, at this moment; nil where there is nothing new.
    mutating func word(at now: Double) -> SpendingWord.Figures? {
        guard isChanged || !waiting.isEmpty || held != .zero || free != .zero else { return nil }
        let passed = max(0.05, now - (lastWordAt ?? now - Self.moment))
        lastWordAt = now
        let lately = reservedLately.scaled(Self.moment / passed)
        let queued = waiting.reduce(CallAmount.zero) { $0 + $1.amount }
        reservedLately = .zero
        // Twice as much as waits, so that a start is quick.
        let aim = waiting.isEmpty ? lately : (queued + queued).most(lately)
        // Who waits has too little of something: a remainder that serves no call would keep others from theirs.
        free = waiting.isEmpty ? free.least(aim) : .zero
        let wanted = (aim - free).most(.zero)
        isChanged = false
        asked = waiting.first?.amount ?? .zero
        return SpendingWord.Figures(
            spent: spent, unconfirmed: unconfirmed, held: held, kept: free, wanted: wanted.calls > 0 ? wanted : .zero,
            least: asked, largest: largest, uncounted: uncounted)
    }

    /// - Returns: those who may go. Where nothing was granted, another asks next: what is too little for one may do for it.
    mutating func granted(_ amount: CallAmount) -> [Waiter] {
        free += amount
        var (going, staying) = ([Waiter](), [(id: UInt64, amount: CallAmount, waiter: Waiter)]())
        for call in waiting {
            guard call.amount.fits(in: free) else {
                staying.append(call)
                continue
            }
            take(call.amount)
            going.append(call.waiter)
        }
        if amount == .zero, !staying.isEmpty { staying.append(staying.removeFirst()) }
        waiting = staying
        return going
    }

    /// The budget has no room for the call that was asked for, nor ever will have.
    /// - Returns: those who are told so: whoever wants as much, or more.
    mutating func refused() -> [Waiter] {
        let refused = waiting.filter { asked.fits(in: $0.amount) }
        waiting.removeAll { asked.fits(in: $0.amount) }
        return refused.map(\.waiter)
    }

    /// The last word did not arrive: there is still something to say.
    mutating func unheard() { isChanged = true }

    /// The words of this process were not heard, and what it held is booked as spent: it begins anew.
    mutating func lost() {
        let (kept, most) = (waiting, largest)
        self = SpendingAccount()
        (waiting, largest) = (kept, most)
    }
}

/// What a process says of its calls for one role of one study, and what came back.
package struct SpendingWord: Sendable, Hashable {
    /// Totals since the process began, and what it wants.
    package struct Figures: Sendable, Hashable {
        package var spent: CallAmount
        package var unconfirmed: CallAmount
        package var held: CallAmount
        /// Of what was granted before, still to be used.
        package var kept: CallAmount
        /// Beside that.
        package var wanted: CallAmount
        /// What the first call that waits needs; zero where none does.
        package var least: CallAmount
        package var largest: CallAmount
        package var uncounted: Int
    }

    package var origin: CallOrigin
    package var figures: Figures
}

/// What a process may reserve further, until its next word.
package struct SpendingGrant: Sendable, Hashable {
    package var origin: CallOrigin
    package var amount: CallAmount
    /// The limit that leaves no room for the first call that waited: `budget.usd`.
    package var refusal: String?

    package init(origin: CallOrigin, amount: CallAmount, refusal: String?) {
        self.origin = origin
        self.amount = amount
        self.refusal = refusal
    }
}
