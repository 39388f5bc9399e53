package import Foundation
internal import JSON
internal import Postgres

/// What a fleet shares of the limits of its providers.
extension Store {
    /// - Parameters:
    ///   - holder: the process.
    ///   - ttl: when its share goes to the others unless it draws again.
    package func drawAllowance(
        holder: UUID, _ demands: [CallDemand], ttl: Duration
    ) async throws(StoreError) -> [CallShare] {
        let draws = demands.map { demand -> JSON in
            [
                "endpoint": .string(demand.endpoint), "model": .string(demand.model), "demand": .double(demand.calls),
                "pause_s": demand.pause.map(JSON.double) ?? .null,
            ]
        }
        let rows = try await call(
            "SELECT * FROM nightshift.draw_allowance($1, $2, $3)", .uuid(holder), .json(.array(draws)), .seconds(ttl))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                CallShare(
                    endpoint: try row.text("endpoint"), model: try row.text("model"), share: try row.double("share"),
                    pause: try row.double("pause_s"))
            }
        }
    }
}
