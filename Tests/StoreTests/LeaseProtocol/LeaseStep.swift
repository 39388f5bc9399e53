/// A lease as its worker knows it.
struct Grant: Hashable {
    var unit: Int
    var attempt: Int
    var examples: [Int]
    var isSuspect: Bool
}

/// A unit as a decision makes it; units are numbered from 0 in the order of their decisions.
struct Planned: Hashable {
    var priority: Int
    var examples: [Int]
}

/// One result on its way: whose it is, and a token that tells it from all others.
struct Item: Hashable {
    var unit: Int
    var example: Int
    var token: Int
}

/// What somebody does to the queue. Sessions are numbered as they begin.
enum LeaseStep: Hashable {
    case register(Int)
    case lease(Int, examples: Int)
    case heartbeat(Int, [Grant])
    case report(Int, [Item])
    case release(Int, Grant)
    case fail(Int, Grant)
    case postpone(Int, Grant)
    case signOff(Int)
    /// Time: a session ends without a word, or all leases and delays run out.
    case expire(Int)
    case passDueTimes
    case reap
    case pause
    case resume
    case decide([Planned])
}

/// What it is told.
enum LeaseAnswer: Hashable {
    case done
    case granted([Grant])
    /// By unit: open, closed or gone.
    case verdicts([Int: String])
    case notHeld([Int])
    case text(String)
    case sessionLost
}
