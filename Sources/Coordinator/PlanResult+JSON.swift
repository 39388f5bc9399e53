internal import JSON
internal import Optimizers

extension PlanResult {
    /// The part of the final document that the plan knows, as it is stored with the study.
    var json: JSON {
        [
            "baseline": [
                "trial": .int(baselineTrial), "val": number(baselineVal.mean), "test": number(baselineTest?.mean),
            ],
            "best": [
                "trial": .int(bestTrial), "val": number(bestVal.mean), "interval": bounds(bestVal.interval),
                "test": number(bestTest?.mean), "test_interval": bounds(bestTest?.interval),
                "gain_interval": bounds(gainInterval), "val_gain_interval": bounds(valGainInterval),
            ],
            "notes": .array(notes.map(JSON.string)),
        ]
    }

    private func number(_ value: Double?) -> JSON { value.map(JSON.double) ?? .null }

    private func bounds(_ interval: Interval?) -> JSON {
        interval.map { [.double($0.lower), .double($0.upper)] } ?? .null
    }
}
