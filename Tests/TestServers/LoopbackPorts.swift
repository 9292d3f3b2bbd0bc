import Glibc

/// Free TCP ports of loopback.
package enum LoopbackPorts {
    /// Ports below those that the system gives to connections and to servers that ask for any, which other tests use up.
    ///
    /// Another process may take one before it is used; whoever uses them must notice that and ask again.
    package static func free(_ count: Int) throws(BrokerFailure) -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        var ports: [Int] = []
        for _ in 0..<tries where ports.count < count {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            // Held until all are found, so that none is found twice.
            sockets.append(socket)
            let port = Int.random(in: 10_000..<32_000)
            if withAddress(of: port, { bind(socket, $0, $1) }) == 0 { ports.append(port) }
        }
        guard ports.count == count else { throw BrokerFailure("no \(count) free ports in \(tries) tries") }
        return ports
    }

    private static let tries = 200

    /// Whether something accepts connections there.
    package static func isOpen(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return withAddress(of: port) { connect(socket, $0, $1) } == 0
    }

    private static func withAddress<R>(of port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
