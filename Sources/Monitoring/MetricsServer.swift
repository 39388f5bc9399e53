import HTTPTypes
import Hummingbird
import NIOCore
import Serving

/// Serves metrics at `/metrics`, in the text form that Prometheus reads.
package struct MetricsServer: Sendable {
    /// Where to listen.
    package struct Address: Sendable, Hashable {
        package var host: String
        /// 0 takes any free port.
        package var port: Int

        /// `PORT`, which is of the loopback address, or `HOST:PORT`; nil where it is neither.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let port = parts.last.flatMap({ Int($0) }), (0...65_535).contains(port) else {
                return nil
            }
            host = parts.count == 2 ? String(parts[0]) : "127.0.0.1"
            self.port = port
            guard !host.isEmpty else { return nil }
        }
    }

    /// Why nothing is served.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let address: Address
    private let collect: @Sendable () async throws -> [MetricFamily]

    /// - Parameter collect: asked at each request; where it throws, the answer is 503 with its error.
    package init(at address: Address, collect: @escaping @Sendable () async throws -> [MetricFamily]) {
        self.address = address
        self.collect = collect
    }

    /// Serves until the task is cancelled. `onReady` is told the port that is listened on.
    package func run(onReady: @escaping @Sendable (_ port: Int) -> Void) async throws {
        do {
            try await WebServer(host: address.host, port: address.port, responder: MetricsResponder(collect: collect))
                .run(onReady: onReady)
        } catch {
            if error is CancellationError { throw error }
            throw Failure(description: "cannot serve metrics on \(address.host):\(address.port): \(error)")
        }
    }
}

private struct MetricsResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let collect: @Sendable () async throws -> [MetricFamily]

    func respond(to request: Request, context: Context) async throws -> Response {
        guard request.method == .get, request.uri.path == "/metrics" else {
            return Self.answer(.notFound, "metrics are at /metrics\n")
        }
        do {
            return Self.answer(.ok, MetricFamily.text(try await collect()))
        } catch {
            return Self.answer(.serviceUnavailable, "\(error)\n")
        }
    }

    private static func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
        var response = Response(status: status, body: .init(byteBuffer: ByteBuffer(string: text)))
        response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        return response
    }
}
