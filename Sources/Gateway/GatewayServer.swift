internal import JSON
package import LanguageModels
internal import Serving

/// OpenAI's API for any program: its calls pass the same stack as those of studies.
package struct GatewayServer: Sendable {
    /// Where it listens.
    package struct Address: Sendable, Hashable {
        package var host = "127.0.0.1"
        /// 0 takes any free port.
        package var port = 8400

        package init(host: String = "127.0.0.1", port: Int = 8400) { (self.host, self.port) = (host, port) }
    }

    private let address: Address
    private let responder: GatewayResponder

    /// - Parameter longestHold: how long a call that is of no study waits for an endpoint that is away.
    package init(
        _ address: Address, stack: CallStack, directory: any GatewayDirectory, longestHold: Duration = .seconds(30)
    ) {
        self.address = address
        responder = GatewayResponder(
            stack: stack, directory: directory, isOnLoopback: address.isLoopback, longestHold: longestHold)
    }

    /// Serves until the surrounding task is cancelled.
    /// - Parameter onReady: told the port that is listened on.
    /// - Throws: a ``Diagnostic`` where the address is taken or is none of this machine's.
    package func run(onReady: @escaping @Sendable (_ port: Int) -> Void) async throws {
        do {
            try await WebServer(host: address.host, port: address.port, responder: responder).run(onReady: onReady)
        } catch {
            if error is CancellationError { return }
            throw Diagnostic(JSONPath(), "cannot listen on \(address.text): \(error)")
        }
    }
}

extension GatewayServer.Address {
    /// Reads `8400`, `127.0.0.1:8400`, `[::1]:8400`, `localhost`, `:8400`; what is left out is the default.
    package init?(parsing text: String) {
        self.init()
        if let port = UInt16(text) {
            self.port = Int(port)
            return
        }
        let tail = text.lastIndex(of: "]").map { text[text.index(after: $0)...] } ?? text[...]
        let colon = tail.lastIndex(of: ":")
        if let colon {
            guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
            self.port = Int(port)
        }
        var host = text[..<(colon ?? text.endIndex)]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "[" }), !text.isEmpty else { return nil }
        if !host.isEmpty { self.host = String(host) }
    }

    /// `127.0.0.1:8400`.
    package var text: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// Whether only this machine reaches it.
    package var isLoopback: Bool { Self.isLoopback(host) }

    static func isLoopback(_ host: some StringProtocol) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]"
            || host.hasPrefix("127.") && host.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
    }
}
