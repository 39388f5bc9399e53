/// Finds the rows of a pool of demos that are nearest to an input.
public protocol DemoSearch: Sendable {
    /// The numbers of the at most `limit` rows nearest to `text`, the nearest first, and what the search took. The same text
    /// gives the same rows.
    func rows(
        nearest text: String, in pool: NearestDemos, limit: Int
    ) async throws(ServiceError) -> (rows: [Int], usage: UsageByRole)
}
