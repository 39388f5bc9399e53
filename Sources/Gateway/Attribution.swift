internal import Foundation
internal import HTTPTypes
package import Programs

/// For whom a program calls the gateway: as its header says, or the path before `/v1`
/// (`/study/NAME/trial/7/role/judge/v1/chat/completions`).
package struct Attribution: Sendable, Hashable {
    /// Its id, or its name.
    package var study: String?
    package var trial: Int?
    package var role = Role.task

    package init(study: String? = nil, trial: Int? = nil, role: Role = .task) {
        self.study = study
        self.trial = trial
        self.role = role
    }

    /// - Parameter path: of the request, still encoded.
    /// - Returns: for whom, and the path from `/v1` on. A header is more than the path.
    static func read(path: String, headers: HTTPFields) throws(GatewayError) -> (Attribution, path: String) {
        var attribution = Attribution()
        var rest = path.split(separator: "/", omittingEmptySubsequences: true)[...]
        while let key = rest.first, key != "v1", rest.count > 1 {
            guard keys.contains(String(key)) else { break }
            let value = String(rest[rest.startIndex + 1])
            try attribution.set(String(key), value.removingPercentEncoding ?? value, place: "the path's")
            rest = rest.dropFirst(2)
        }
        for key in keys {
            guard let name = HTTPField.Name("X-Nightshift-\(key)"), let value = headers[name] else { continue }
            try attribution.set(key, value.trimmingCharacters(in: .whitespaces), place: "the header's")
        }
        return (attribution, "/" + rest.joined(separator: "/"))
    }

    private static let keys = ["study", "trial", "role"]

    private mutating func set(_ key: String, _ value: String, place: String) throws(GatewayError) {
        switch key {
        case "study":
            guard !value.isEmpty else { throw .badRequest("\(place) study is empty: give its id or its name", parameter: key) }
            study = value
        case "trial":
            guard let number = Int(value), number >= 0 else {
                throw .badRequest("\(place) trial must be a number from 0, not '\(value)'", parameter: key)
            }
            trial = number
        default:
            guard let known = Role(rawValue: value) else {
                let names = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest("\(place) role must be one of \(names), not '\(value)'", parameter: key)
            }
            role = known
        }
    }
}
