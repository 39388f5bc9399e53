import JSON
import Optimizers
import Programs
import Store
import Testing

@testable import Coordinator

/// Numbering, and a stop that comes from outside the plan.
@Suite struct PlanDriverTests {
    private func facts() throws -> StudyFacts {
        let predictor = PredictorDescription(
            path: "answer", signature: try Signature("question -> answer", instructions: "Answer."), module: "Predict")
        let train: [JSONObject] = (0..<30).map { ["question": .string("q\($0)"), "answer": .int($0)] }
        let section: JSON = [
            "kind": "random_search", "num_candidate_programs": 6, "max_bootstrapped_demos": 1, "max_labeled_demos": 2,
            "width": 30,
        ]
        return StudyFacts(
            seed: 4, initial: ProgramState(initial: [predictor]), predictors: [predictor], sourceText: "answer", train: train,
            inputKeys: ["question"], valCount: 20, testCount: 10, settings: try OptimizerSettings(section: section))
    }

    /// What any decision brings, as a function of the decision alone.
    private func outcome(of decision: Decision) -> Outcome {
        func scored(_ example: Int, _ candidate: String) -> ExampleOutcome {
            .scored(Double((example * 7 + candidate.utf8.reduce(0) { $0 + Int($1) }) % 3 == 0 ? 1 : 0))
        }
        switch decision.work {
        case .evaluate(_, let candidate, _, let block, _, _): return .evaluated(block.map { scored($0, candidate) })
        case .bootstrap(let candidate, let examples, _):
            return .bootstrapped(examples.map { Attempt(outcome: scored($0, candidate), trace: []) })
        case .trace(let candidate, let examples, _):
            return .traced(examples.map { Attempt(outcome: scored($0, candidate), trace: []) })
        case .propose(let calls): return .proposed(calls.map { _ in nil })
        case .finetune: return .finetuned(model: nil)
        case .stop: return .stopped
        }
    }

    /// Runs to the end, demanding a stop where so many decisions were made and outcomes told.
    private func run(_ driver: PlanDriver, stopAt: (issued: Int, told: Int)? = nil) -> (decisions: [Decision], result: PlanResult)
    {
        var driver = driver
        var (decisions, told) = ([Decision](), 0)
        while true {
            if let stopAt, driver.issued == stopAt.issued, told == stopAt.told { driver.stop(.budgetCalls) }
            switch driver.next() {
            case .issue(let number, let decision):
                #expect(number == decisions.count)
                decisions.append(decision)
            case .await(_, let decision):
                driver.tell(outcome(of: decision))
                told += 1
            case .finish(let result): return (decisions, result)
            }
        }
    }

    /// Wherever a study was stopped, the recorded decisions lead whoever replays them to the same end.
    @Test func aRecordedStopIsRepeated() throws {
        let facts = try facts()
        let full = run(PlanDriver(plan: StudyPlan(facts)))
        var stops = 0
        for issued in 0..<full.decisions.count {
            for told in 0...issued {
                let stopped = run(PlanDriver(plan: StudyPlan(facts)), stopAt: (issued, told))
                guard let number = stopped.decisions.firstIndex(where: { $0.key == "stop" }) else { continue }
                let body = stopped.decisions[number].json
                let record = DecisionRecord(number: number, key: "stop", stage: "search", body: body)
                let stop = try #require(try record.stop)
                #expect(stop.number == number && stop.reason == .budgetCalls)
                let replayed = run(PlanDriver(plan: StudyPlan(facts), recordedStop: stop))
                #expect(replayed.decisions == stopped.decisions && replayed.result == stopped.result)
                #expect(stopped.decisions[..<number].elementsEqual(full.decisions[..<number]))
                stops += 1
            }
        }
        #expect(stops > 5)
        #expect(try DecisionRecord(number: 0, key: "baseline", stage: "baseline", body: full.decisions[0].json).stop == nil)
    }

    /// A look ahead is taken with a copy: it leaves no trace.
    @Test func lookingAheadChangesNothing() throws {
        var driver = PlanDriver(plan: StudyPlan(try facts()))
        let before = driver.runsToEnd
        var ahead = driver
        guard case .issue(0, let decision) = ahead.next() else {
            Issue.record("a plan begins with a decision")
            return
        }
        #expect(driver.runsToEnd == before && driver.issued == 0 && ahead.issued == 1)
        guard case .issue(0, decision) = driver.next() else {
            Issue.record("the same decision")
            return
        }
    }
}
