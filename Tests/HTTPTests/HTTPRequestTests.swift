import Testing

@testable import HTTP

@Suite struct HTTPRequestTests {
    @Test(arguments: [
        ("http://127.0.0.1:8000/v1", true), ("http://LOCALHOST/v1", true), ("http://[::1]:80/", true),
        ("https://localhost", true),
        ("https://api.openai.com/v1", false), ("http://127.0.0.1.example.org/", false), ("http://localhost.example.org", false),
        ("http://example.org/?u=http://localhost", false), ("localhost", false),
    ])
    func loopback(_ url: String, _ expected: Bool) {
        #expect(HTTPRequest(url: url).isToThisMachine == expected)
    }
}
