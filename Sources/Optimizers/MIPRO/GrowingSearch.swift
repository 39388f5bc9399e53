internal import Surrogates

/// A search that can go on when its space gets further choices.
protocol GrowingSearch: SpaceSearch {
    /// How many examples the search is expected to ask for.
    var planned: Int { get }

    /// Whether the search could still use further choices.
    var hasBudget: Bool { get }

    /// The space as it is.
    var space: MIPROSpace { get }

    /// Goes on in a space with further choices; the points of the old one mean in it what they meant.
    /// - Parameter points: to be proposed next.
    mutating func grow(_ space: MIPROSpace, trying points: [SearchSpace.Point])

    /// Where a trial of this search is in its space.
    func point(of trial: Int) -> SearchSpace.Point?
}
