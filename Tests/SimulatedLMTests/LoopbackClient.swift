import Dispatch
import Glibc
import JSON

/// One HTTP request per connection over a blocking socket, off the cooperative pool, on which the server runs.
struct LoopbackClient: Sendable {
    struct Reply: Sendable {
        var status: Int
        var headers: [String: String]
        var text: String

        var json: JSON? { try? JSON(parsing: text) }
    }

    let port: Int

    func get(_ path: String) async -> Reply { await send("GET", path, "") }
    func post(_ path: String, _ body: JSON) async -> Reply { await send("POST", path, body.serialized()) }

    func send(
        _ method: String, _ path: String, _ body: String, type: String = "application/json", timeout: Int = 90
    ) async -> Reply {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: exchange(method, path, body, type: type, timeout: timeout))
            }
        }
    }

    /// Status 0 stands for a connection that failed or did not answer in time.
    private func exchange(_ method: String, _ path: String, _ body: String, type: String, timeout: Int) -> Reply {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return Reply(status: 0, headers: [:], text: "") }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        var rest = Array((head + body).utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return Reply(status: 0, headers: [:], text: "") }
            rest = rest.dropFirst(count)
        }
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { received += chunk[..<count] }
        return Self.parsed(String(decoding: received, as: UTF8.self))
    }

    private static func parsed(_ text: String) -> Reply {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return Reply(status: 0, headers: [:], text: "") }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let headers = lines.dropFirst().reduce(into: [String: String]()) { headers, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        return Reply(status: status, headers: headers, text: String(text[end.upperBound...]))
    }
}
