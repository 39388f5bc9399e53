import HTTPTypes
import Programs
import Testing

@testable import Gateway

@Suite struct AttributionTests {
    private func read(_ path: String, _ headers: HTTPFields = [:]) throws(GatewayError) -> (Attribution, path: String) {
        try Attribution.read(path: path, headers: headers)
    }

    @Test func thePathSaysForWhom() throws {
        let (nobody, plain) = try read("/v1/chat/completions")
        #expect(nobody == Attribution() && plain == "/v1/chat/completions")
        let (all, rest) = try read("/study/my%20study/trial/7/role/judge/v1/models/openai/x")
        #expect(all == Attribution(study: "my study", trial: 7, role: .judge) && rest == "/v1/models/openai/x")
    }

    @Test func aHeaderIsMoreThanThePath() throws {
        let fields = HTTPFields([
            HTTPField(name: try #require(HTTPField.Name("x-nightshift-trial")), value: "9"),
            HTTPField(name: try #require(HTTPField.Name("X-Nightshift-Role")), value: "prompt"),
        ])
        let (attribution, _) = try read("/trial/7/study/a/v1/embeddings", fields)
        #expect(attribution == Attribution(study: "a", trial: 9, role: .prompt))
    }

    @Test(arguments: ["/trial/x/v1/models", "/trial/-1/v1/models", "/role/boss/v1/models"])
    func nonsenseIsRefused(_ path: String) {
        #expect(throws: GatewayError.self) { _ = try read(path) }
    }

    @Test func addresses() {
        let parsed = ["9000", "0.0.0.0:80", "[::1]:81", "localhost", ":82", "::1:99", "a b", "x:y", ""].map {
            GatewayServer.Address(parsing: $0)
        }
        #expect(
            parsed == [
                .init(port: 9000), .init(host: "0.0.0.0", port: 80), .init(host: "::1", port: 81), .init(host: "localhost"),
                .init(port: 82), .init(host: "::1", port: 99), nil, nil, nil,
            ])
        #expect(parsed.compactMap { $0?.isLoopback } == [true, false, true, true, true, true])
        #expect(GatewayServer.Address(host: "::1", port: 81).text == "[::1]:81")
    }
}
