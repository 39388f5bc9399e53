/// How a worker behaves. Nothing here changes what a study finds, only how fast.
package struct WorkerConfiguration: Sendable {
    package var name: String
    /// Examples in flight at once, across units and studies.
    package var concurrency: Int
    /// Work for this study only; nil for all of the team.
    package var study: Int?
    /// How long the session outlives its last heartbeat; heartbeats come three times as often.
    package var sessionTTL: Duration = .seconds(15)
    /// When a lease is given up although the worker lives, unless it is put off: a lease whose answer was lost.
    package var unitTTL: Duration = .seconds(600)
    /// A unit none of whose examples has ended for so long is hung: its lease is not put off any more.
    package var hungAfter: Duration = .seconds(4 * 3600)
    /// Results wait at most this long for company before they are reported.
    package var reportInterval: Duration = .milliseconds(25)
    /// Results that wait for a database that is away are kept on the disk beyond so many.
    package var resultsInMemory = 1000
    /// How much work is leased ahead: as much as is finished in this time.
    package var leaseAhead: Duration = .milliseconds(25)
    /// The longest wait between two looks for work when no notification comes.
    package var pollCeiling: Duration = .seconds(1)

    package init(name: String, concurrency: Int, study: Int? = nil) {
        self.name = name
        self.concurrency = concurrency
        self.study = study
    }
}
