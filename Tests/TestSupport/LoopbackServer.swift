internal import Foundation
internal import Glibc
internal import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 with a thread per connection, so that a handler may block.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        package var method = ""
        package var path = ""
        /// Names in lower case.
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
    }

    package enum Reply: Sendable {
        case respond(status: Int = 200, headers: [(String, String)] = [], body: String = "")
        /// These bytes, as they are; then the connection is closed.
        case raw(String)
        /// These, one after the other, with a call of the closure before each but the first; then the connection is closed.
        case parts([String], between: @Sendable () -> Void)
        /// Nothing, until the client gives up.
        case hang
        case close
    }

    package struct Counts: Sendable {
        package var connections = 0
        package var requests = 0
        package var inFlight = 0
        package var peak = 0
    }

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }
    package var counts: Counts { state.withLock { $0.counts } }

    private struct State {
        var counts = Counts()
        var descriptors: Set<Int32> = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let listener: Int32
    private let handler: @Sendable (Request) -> Reply

    package init(_ handler: @escaping @Sendable (Request) -> Reply) {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = Self.bind(listener)
        listen(listener, 1024)
        startThread { $0.acceptConnections() }
    }

    /// A port on which nobody listens.
    package static func unusedPort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        return bind(descriptor)
    }

    package func stop() {
        let descriptors = state.withLock { state in
            state.isStopped = true
            return state.descriptors
        }
        // Wakes the threads that block on these; each closes its own.
        for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    // MARK: Threads

    private static func bind(_ descriptor: Int32) -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                precondition(Glibc.bind(descriptor, address, length) == 0, "no free port")
                getsockname(descriptor, address, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }

    private func startThread(_ body: @escaping @Sendable (LoopbackServer) -> Void) {
        let thread = Thread { body(self) }
        thread.stackSize = 256 << 10
        thread.start()
    }

    private func acceptConnections() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let isStopped = state.withLock { state in
                state.counts.connections += 1
                state.descriptors.insert(descriptor)
                return state.isStopped
            }
            if isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
            startThread { $0.serve(descriptor) }
        }
        Glibc.close(listener)
    }

    private func serve(_ descriptor: Int32) {
        defer {
            state.withLock { _ = $0.descriptors.remove(descriptor) }
            Glibc.close(descriptor)
        }
        var input = RequestReader(descriptor: descriptor)
        while let request = input.next() {
            state.withLock { state in
                state.counts.requests += 1
                state.counts.inFlight += 1
                state.counts.peak = max(state.counts.peak, state.counts.inFlight)
            }
            let reply = handler(request)
            state.withLock { $0.counts.inFlight -= 1 }
            guard send(reply, descriptor, input) else { return }
        }
    }

    /// Whether the connection may serve another request.
    private func send(_ reply: Reply, _ descriptor: Int32, _ input: RequestReader) -> Bool {
        switch reply {
        case .respond(let status, let headers, let body):
            let fields = headers.map { "\($0): \($1)\r\n" }.joined()
            return write("HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)", descriptor)
        case .raw(let text):
            _ = write(text, descriptor)
            return false
        case .parts(let parts, let between):
            for (position, part) in parts.enumerated() {
                if position > 0 { between() }
                guard write(part, descriptor) else { return false }
            }
            return false
        case .hang:
            var rest = input
            _ = rest.next()
            return false
        case .close: return false
        }
    }

    private func write(_ text: String, _ descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}

/// Reads requests with a content length from a socket.
private struct RequestReader {
    let descriptor: Int32
    var buffer: [UInt8] = []

    mutating func next() -> LoopbackServer.Request? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = buffer.firstRange(of: end)?.upperBound
            if headEnd == nil, !receive() { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        var request = LoopbackServer.Request()
        let start = lines[0].split(separator: " ").map(String.init)
        (request.method, request.path) = (start[0], start[1])
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { request.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        let length = request.headers["content-length"].flatMap(Int.init) ?? 0
        while buffer.count < headEnd + length { if !receive() { return nil } }
        request.body = Array(buffer[headEnd..<headEnd + length])
        buffer.removeFirst(headEnd + length)
        return request
    }

    private mutating func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: chunk[..<count])
        return true
    }
}
