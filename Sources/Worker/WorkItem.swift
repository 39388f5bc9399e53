internal import Evaluation
internal import JSON
internal import Programs
internal import Store

/// One example of a leased unit, or one proposal: what a slot of a worker runs.
struct WorkItem: Sendable {
    enum Job: Sendable {
        case example(ExampleTask, ProgramState)
        case proposal(JSON)
    }

    var unit: Int
    var study: Int
    var runtime: StudyRuntime
    var job: Job
}
