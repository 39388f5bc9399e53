/// What all settings of the kernel share: the observations that enter the model, in whitened coordinates.
struct ModelFrame: Sendable {
    let observations: Observations
    let noise: Noise
    let information: Information
    let whitened: Whitened
    let layout: ChoiceLayout
    let rowOfPoint: [SearchSpace.Point: Int]
    /// By point: a hash of its choices.
    let pointKeys: [UInt64]

    init(_ observations: Observations, noise: Noise) {
        let set = observations.set
        self.observations = observations
        self.noise = noise
        information = Information(observations, noise: noise)
        whitened = Whitened(observations, information)
        layout = ChoiceLayout(set.active.map { set.space.dimensions[$0].choices })
        rowOfPoint = Dictionary(uniqueKeysWithValues: set.points.enumerated().map { ($1, $0) })
        pointKeys = set.points.map(PointSelection.key)
    }
}
