import Foundation
import Glibc
import Synchronization

/// A TCP proxy before a server's Unix socket that cuts, stalls and half-closes what goes through it.
final class FaultyProxy: Sendable {
    let port: Int
    private let listener: Int32
    private let target: String
    /// Descriptors in pairs: client and server.
    private let links = Mutex<[Int32: Int32]>([:])
    /// Until when nothing is passed on.
    private let stalledUntil = Mutex<ContinuousClock.Instant>(.now)

    init(to socketPath: String) throws {
        target = socketPath
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
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

    /// Ends all connections at once, as a router that forgets does.
    func cut() {
        links.withLock { links in
            for (client, server) in links {
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(server, Int32(SHUT_RDWR))
            }
        }
    }

    /// What clients send still arrives; no answer comes back, and then the connection ends: a commit whose answer is lost.
    func swallowAnswers() { links.withLock { for client in $0.keys { shutdown(client, Int32(SHUT_WR)) } } }

    /// Nothing passes for a while.
    func stall(for time: Duration) { stalledUntil.withLock { $0 = .now + time } }

    private func connect(_ client: Int32) {
        let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(target.utf8) + [0]) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            close(client)
            close(server)
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
            while stalledUntil.withLock({ $0 }) > .now { usleep(10_000) }
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
