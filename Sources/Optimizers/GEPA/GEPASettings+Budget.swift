internal import Foundation

extension GEPASettings {
    /// How many runs the metric may judge, the uncompiled program's on the validation rows included. The search ends with the
    /// iteration that reaches it.
    func metricCalls(_ size: StudySize) -> Int {
        if let maxMetricCalls { return maxMetricCalls }
        if let maxFullEvals { return maxFullEvals * ((size.train ?? 0) + size.val) }
        return Self.autoBudget(auto ?? .light, predictors: max(size.predictors, 1), val: size.val)
    }

    /// DSPy's `auto_budget`: what MIPRO would evaluate with as many candidates, on minibatches of 35, and in full after every
    /// five.
    private static func autoBudget(_ auto: Auto, predictors: Int, val: Int) -> Int {
        let (minibatch, steps) = (35, 5)
        let candidates = auto.candidates
        let trials = Int(max(4 * Double(predictors) * log2(Double(candidates)), 1.5 * Double(candidates)))
        let fullEvaluations = (trials + 1) / steps + 1 + (trials < steps ? 1 : 0)
        return val + 5 * candidates + trials * minibatch + fullEvaluations * val
    }
}

extension GEPASettings {
    /// How many iterations go on side by side: so many minibatches as the study's width holds. Without one it is two: while one
    /// candidate is evaluated, the next is found, from parents that are at most one evaluation behind.
    func lanes(_ size: StudySize) -> Int {
        size.width.map { max(1, $0 / reflectionMinibatchSize) } ?? 2
    }
}
