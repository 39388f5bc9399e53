internal import Foundation
internal import Glibc
internal import Synchronization

/// A TCP proxy that cuts, delays, stalls and half-closes what goes through it.
package final class FaultyProxy: Sendable {
    /// Where it passes things on to.
    package enum Target: Sendable {
        case unixSocket(String)
        /// On 127.0.0.1.
        case port(Int)
    }

    package let port: Int
    private let listener: Int32
    private let target: Target
    /// Descriptors in pairs: client and server.
    private let links = Mutex<[Int32: Int32]>([:])
    /// Until when nothing is passed on, and until when all comes late.
    private let trouble = Mutex<(stalled: ContinuousClock.Instant, delayed: ContinuousClock.Instant)>((.now, .now))
    /// Connections that are closed as soon as they are made.
    private let unwelcome = Mutex(0)

    /// - Parameter address: what it listens on, an address of this machine.
    package init(to target: Target, address text: String = "127.0.0.1") throws {
        self.target = target
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, text, &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 128) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: address.sin_port))
        listener = descriptor
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                // The children that the test starts must not hold it open.
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                guard let self else {
                    close(client)
                    return
                }
                self.connect(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    // MARK: Faults

    /// Ends all connections at once, as a router that forgets does.
    package func cut() {
        links.withLock { links in
            for (client, server) in links {
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(server, Int32(SHUT_RDWR))
            }
        }
    }

    /// What clients send still arrives; no answer comes back, and then the connection ends: a commit whose answer is lost.
    package func swallowAnswers() { links.withLock { for client in $0.keys { shutdown(client, Int32(SHUT_WR)) } } }

    /// The server sees the client's end of the connection closed, while the client may still get answers.
    package func halfClose() { links.withLock { for server in $0.values { shutdown(server, Int32(SHUT_WR)) } } }

    /// Nothing passes for a while; connections stay open.
    package func stall(for time: Duration) { trouble.withLock { $0.stalled = .now + time } }

    /// Whatever passes meanwhile comes 100 to 300 ms late.
    package func delay(for time: Duration) { trouble.withLock { $0.delayed = .now + time } }

    /// So many further connections are closed at once: a server that starts or ends.
    package func refuse(connections count: Int) { unwelcome.withLock { $0 += count } }

    /// How many are still to be refused.
    package var unwelcomeConnections: Int { unwelcome.withLock { $0 } }

    // MARK: Passing on

    private func connect(_ client: Int32) {
        let isWelcome = unwelcome.withLock { count in
            guard count > 0 else { return true }
            count -= 1
            return false
        }
        guard isWelcome, let server = connectToTarget() else {
            close(client)
            return
        }
        links.withLock { $0[client] = server }
        let open = Mutex(2)
        let counter = Counter(open)
        for (from, to) in [(client, server), (server, client)] {
            Thread.detachNewThread { [self] in
                pump(from, to)
                if counter.end() {
                    _ = links.withLock { $0.removeValue(forKey: client) }
                    close(client)
                    close(server)
                }
            }
        }
    }

    private func connectToTarget() -> Int32? {
        let family: Int32
        if case .unixSocket = target { family = AF_UNIX } else { family = AF_INET }
        let server = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let isConnected: Bool
        switch target {
        case .unixSocket(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
            isConnected = Self.connect(server, &address)
        case .port(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port).bigEndian)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            isConnected = Self.connect(server, &address)
        }
        if isConnected { return server }
        close(server)
        return nil
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }

    /// Two threads share a connection; the last one closes it.
    private final class Counter: Sendable {
        private let open: Mutex<Int>
        init(_ open: consuming Mutex<Int>) { self.open = open }
        func end() -> Bool {
            open.withLock {
                $0 -= 1
                return $0 == 0
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let size = read(from, &buffer, buffer.count)
            guard size > 0 else { break }
            if trouble.withLock({ $0.delayed }) > .now { usleep(UInt32.random(in: 100_000...300_000)) }
            while trouble.withLock({ $0.stalled }) > .now { usleep(10_000) }
            var sent = 0
            while sent < size {
                let step = buffer[sent..<size].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard step > 0 else { break }
                sent += step
            }
            if sent < size { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}
