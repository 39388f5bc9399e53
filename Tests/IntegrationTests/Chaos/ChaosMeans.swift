import Foundation
import TestSupport
import Testing

/// Workers in a network namespace of their own, which one link joins to the rest.
final class SplitNetwork: Sendable {
    static let program = URL(fileURLWithPath: "/usr/sbin/ip")
    static let absence: Comment = "needs root, and ip from iproute2 that may make network namespaces"
    static let isPossible: Bool = {
        let name = "nightshift-\(getpid())-probe"
        defer { _ = PeerPython.run(program, ["netns", "del", name]) }
        return geteuid() == 0 && access(program.path, X_OK) == 0 && PeerPython.run(program, ["netns", "add", name])
    }()

    private let name: String
    private let link: String

    /// Of this machine, as both sides see it.
    let address: String
    /// What puts a command into the namespace.
    var command: [String] { ["netns", "exec", name] }

    init() throws {
        let number = Int(getpid()) % 250 + 1
        (name, link) = ("nightshift-\(getpid())", "ns\(getpid())")
        // Of 198.18.0.0/15, which is for tests of networks. The address itself is not the link's: on this side it stays.
        address = "198.19.\(number).1"
        let (here, there) = ("198.18.\(number).1", "198.18.\(number).2")
        try ip("addr", "add", address + "/32", "dev", "lo")
        try ip("netns", "add", name)
        try ip("link", "add", link, "type", "veth", "peer", "name", "outside", "netns", name)
        try ip("addr", "add", here + "/24", "dev", link)
        try ip("link", "set", link, "up")
        try ip("netns", "exec", name, Self.program.path, "addr", "add", there + "/24", "dev", "outside")
        for device in ["outside", "lo"] { try ip("netns", "exec", name, Self.program.path, "link", "set", device, "up") }
        try ip("netns", "exec", name, Self.program.path, "route", "add", "default", "via", here)
    }

    func split() throws { try ip("link", "set", link, "down") }
    func heal() throws { try ip("link", "set", link, "up") }

    func remove() throws {
        try? ip("addr", "del", address + "/32", "dev", "lo")
        try? ip("link", "del", link)
        try ip("netns", "del", name)
    }

    private func ip(_ arguments: String...) throws {
        guard PeerPython.run(Self.program, arguments) else {
            throw ChaosError(description: "ip \(arguments.joined(separator: " ")) failed")
        }
    }
}

struct ChaosError: Error, CustomStringConvertible {
    let description: String
}

/// Processes whose clock is off.
enum WrongClock {
    static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
    static let absence: Comment = "needs libfaketime: apt-get install libfaketime"
    static var isPossible: Bool { access(library, R_OK) == 0 }

    /// - Parameter offset: such as `+1h`. Only the time of day is off: how fast time goes by no machine gets wrong by hours.
    static func environment(_ offset: String) -> [String: String] {
        ["LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"]
    }
}

/// Stands between workers and the function that stores their reports, as a network that repeats and reorders would.
enum RepeatedReports {
    static let script = """
        ALTER FUNCTION nightshift.report_identified(uuid, json, bigint[], text[]) RENAME TO report_once;
        CREATE TABLE nightshift.chaos_report (
            number bigserial, session uuid, results json, units bigint[], identities text[]);
        CREATE FUNCTION nightshift.report_identified(p_session uuid, p_results json, p_units bigint[], p_identities text[])
        RETURNS TABLE (unit_id bigint, verdict text) LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO nightshift.chaos_report (session, results, units, identities)
            VALUES (p_session, p_results, p_units, p_identities);
            PERFORM nightshift.report_once(
                p_session, (SELECT coalesce(json_agg(x.value ORDER BY x.ordinality DESC), '[]')
                              FROM json_array_elements(p_results) WITH ORDINALITY AS x), p_units, p_identities);
            RETURN QUERY SELECT * FROM nightshift.report_once(p_session, p_results, p_units, p_identities);
        END $$;
        """

    /// The repetitions say something else: who takes one for the truth is found out.
    static let replay = """
        DO $$
        DECLARE r record;
        BEGIN
            FOR r IN SELECT * FROM nightshift.chaos_report ORDER BY number DESC LOOP
                PERFORM nightshift.report_once(
                    r.session,
                    (SELECT coalesce(json_agg(CASE WHEN x.value ->> 'score' IS NULL THEN x.value::jsonb
                                                   ELSE x.value::jsonb || '{"score": 0.125}' END ORDER BY x.ordinality DESC), '[]')
                       FROM json_array_elements(r.results) WITH ORDINALITY AS x), r.units, r.identities);
            END LOOP;
        END $$;
        """
}
