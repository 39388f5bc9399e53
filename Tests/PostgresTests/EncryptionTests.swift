import Foundation
import Postgres
import PrivateCluster
import TestSupport
import Testing

/// `sslmode=verify-full` against a server with a certificate of an authority of one's own.
@Suite(.serialized) struct EncryptionTests {
    @Test(.timeLimit(.minutes(10))) func aServerProvesWhoItIs() async throws {
        let folder = try SocketFolder.make(for: ServerAccount())
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await certificates(in: folder)
        let port = Int.random(in: 20_000..<30_000)
        let cluster = TestCluster(
            settings: [
                "listen_addresses=localhost", "ssl=on", "ssl_cert_file=\(folder)/server.crt", "ssl_key_file=\(folder)/server.key",
            ], port: port)
        _ = try await cluster.url
        func address(_ host: String, _ authority: String) throws -> PostgresAddress {
            let path = "\(folder)/\(authority).crt"
            return try PostgresAddress(
                url: "postgres://nightshift@\(host):\(port)/postgres?sslmode=verify-full&sslrootcert=\(path)")
        }
        let connection = try await PostgresConnection.connect(address("localhost", "ours"))
        let row = try #require(
            try await connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").first)
        #expect(try row.bool("ssl") && row.text("version").hasPrefix("TLSv1."))
        await connection.close()
        await #expect(throws: PostgresError.self, "another authority") {
            try await PostgresConnection.connect(address("localhost", "theirs"))
        }
        await #expect(throws: PostgresError.self, "another name") {
            try await PostgresConnection.connect(address("127.0.0.1", "ours"))
        }
        try await cluster.stop(mode: .immediate)
    }

    /// Two authorities, and a certificate for `localhost` by the first.
    private func certificates(in folder: String) async throws {
        let account = try ServerAccount()
        let request = [
            "/usr/bin/env", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2",
        ]
        for authority in ["ours", "theirs"] {
            try await run(
                request + [
                    "-subj", "/CN=\(authority)", "-keyout", "\(folder)/\(authority).key", "-out", "\(folder)/\(authority).crt",
                ])
        }
        try await run(
            request + [
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-CA", "\(folder)/ours.crt", "-CAkey", "\(folder)/ours.key", "-keyout", "\(folder)/server.key", "-out",
                "\(folder)/server.crt",
            ])
        chmod("\(folder)/server.key", 0o600)
        for file in ["server.key", "server.crt"] { try account.takeOver("\(folder)/\(file)") }
    }

    private func run(_ command: [String]) async throws {
        let answer = try await ChildProcess.run(command)
        try #require(answer.status == 0, "\(answer.output)")
    }
}
