internal import Evaluation
internal import JSON
internal import Programs
internal import Store

/// One example of a leased unit, one proposal, or a look at a training job: what a slot of a worker runs.
struct WorkItem: Sendable {
    enum Job: Sendable {
        case example(ExampleTask, ProgramState)
        case proposal(JSON)
        /// - key: names the unit among all studies.
        /// - attempt: of the lease.
        case finetuning(JSON, key: String, attempt: Int)
    }

    var unit: Int
    /// See ``LeasedUnit/identity(study:)``.
    var identity: String
    var study: Int
    var runtime: StudyRuntime
    var job: Job
}
