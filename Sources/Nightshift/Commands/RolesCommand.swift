internal import ArgumentParser
internal import JSON
internal import Postgres
internal import Store

struct RolesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles", abstract: "Give a team its login roles, with no more rights than each needs.",
        discussion: """
            Makes TEAM_coordinator, TEAM_worker, TEAM_member and TEAM_viewer, or enrols one role that --login and --as name. \
            No password is set: do that in psql with \\password ROLE, or use certificates. Needs a role that may create \
            roles. Running it again changes nothing.
            """)

    @Option(help: "The team; it is made if need be.")
    var team: String

    @Option(help: "Enrol this login role alone: somebody's own, perhaps.")
    var login: String?

    @Option(name: .customLong("as"), help: "As what: \(RoleKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: RoleKind?

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        let isName =
            !team.isEmpty && team.utf8.count <= 48
            && team.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
        guard isName else { throw ValidationError("--team must be letters, digits, _ and -, at most 48 of them") }
        guard (login == nil) == (kind == nil) else { throw ValidationError("--login and --as go together") }
        if let login, login.isEmpty || login.utf8.count > 63 { throw ValidationError("--login must be 1 to 63 bytes long") }
    }

    func run() async throws {
        guard shared.databaseURL != nil else {
            throw CommandFailure(.badInput, "name the database with --database URL; a private cluster needs no roles")
        }
        try await OpenStore.with(shared) { open in
            try await open.store.makeRoles()
            let wanted =
                login.flatMap { login in kind.map { [(login, $0)] } } ?? RoleKind.allCases.map { ("\(team)_\($0.rawValue)", $0) }
            var roles: [(name: String, kind: RoleKind, isNew: Bool)] = []
            for (name, kind) in wanted {
                roles.append((name, kind, try await open.store.enrol(name, in: team, as: kind)))
            }
            if shared.json {
                let document: JSON = [
                    "team": .string(team),
                    "roles": .array(
                        roles.map { ["role": .string($0.name), "kind": .string($0.kind.rawValue), "created": .bool($0.isNew)] }),
                ]
                Console.result(document.serialized(.python))
            } else {
                for role in roles {
                    Console.result(
                        "\(role.name): \(role.kind.rawValue) of team \(team)\(role.isNew ? ", new, without a password" : "")")
                }
            }
        }
    }
}

extension RoleKind: ExpressibleByArgument {}
