internal import Glibc

/// A TCP connection to a port of 127.0.0.1, for clients that do what no library does.
package final class RawConnection: Sendable {
    package struct Failure: Error { let number: Int32 }

    private let descriptor: Int32

    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            Glibc.close(descriptor)
            throw Failure(number: errno)
        }
    }

    /// - Parameter text: short enough for the socket's buffer.
    package func send(_ text: String) {
        let bytes = Array(text.utf8)
        precondition(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
    }

    /// To be called once.
    package func close() { Glibc.close(descriptor) }
}
