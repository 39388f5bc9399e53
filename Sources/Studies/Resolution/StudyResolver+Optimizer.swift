internal import JSON
internal import Optimizers
internal import ProgramMetrics

extension StudyResolver {
    mutating func resolveOptimizer(data: Data, metric: JSON?) -> OptimizerSettings? {
        let path = JSONPath([.key("optimizer")])
        var section = file.root["optimizer"]
        if section?.isNull == true { section = nil }
        if section == nil { notes.append("optimizer is not given: mipro with its defaults (auto: light)") }
        var settings: OptimizerSettings
        do {
            settings = try OptimizerSettings(section: section, path: path)
        } catch {
            take(error.all)
            return nil
        }
        // What is wrong with the data is told already.
        if let train = data.rows[.train], let val = data.rows[.val], data.broken.isDisjoint(with: [.train, .val]) {
            take(settings.check(valCount: val.count, trainCount: train.count, path: path))
        }
        if let threshold = metric.flatMap({ acceptanceThreshold(section: $0) }) { settings.acceptDemos(from: threshold) }
        return settings
    }
}
