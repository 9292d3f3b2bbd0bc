import CloudEvents
import Engine
import Logging
import NIOCore
import Observability

/// What all connections of one event loop share: the decoder, the mailbox, the date. Never leaves its event loop.
final class IngestLoop {
    let parts: ServerParts
    let eventLoop: any EventLoop
    let decoding: IngestDecoding
    var requestIDs: RequestIDSource
    private var date = DateField()
    private var connections: [UInt64: ConnectionHandler] = [:]
    private var nextConnection: UInt64 = 0
    private var lastAccess: (generation: UInt64, table: AccessTable)
    private var lastContentType: (bytes: [UInt8], mode: HTTPContentMode)?
    /// Holds this object weakly: completions that are still on their way must not keep a stopped server alive.
    private lazy var mailbox = {
        let reference = NIOLoopBound(WeakLoop(self), eventLoop: eventLoop)
        return CompletionMailbox(eventLoop: eventLoop) { reference.value.loop?.deliver($0) }
    }()

    private final class WeakLoop {
        weak var loop: IngestLoop?
        init(_ loop: IngestLoop) { self.loop = loop }
    }

    init(parts: ServerParts, eventLoop: any EventLoop) {
        self.parts = parts
        self.eventLoop = eventLoop
        decoding = IngestDecoding(decoder: parts.metering.makeDecoder(), limit: parts.settings.limits.body)
        requestIDs = RequestIDSource(random: parts.random())
        lastAccess = (parts.access.generation, parts.access.current)
    }

    /// Who may do what, as it is now.
    var access: AccessTable {
        // Asked for before the table: a table that is newer than its number is only fetched once more.
        let generation = parts.access.generation
        if generation != lastAccess.generation { lastAccess = (generation, parts.access.current) }
        return lastAccess.table
    }

    /// The Date header's text for an answer now.
    func dateText() -> String {
        date.update(parts.now())
        return date.text
    }

    func add(_ connection: ConnectionHandler) -> UInt64 {
        nextConnection += 1
        connections[nextConnection] = connection
        parts.metrics.connections.add(1)
        return nextConnection
    }

    func remove(_ id: UInt64) {
        guard connections.removeValue(forKey: id) != nil else { return }
        parts.metrics.connections.add(-1)
    }

    /// Closes every connection, whatever it is doing.
    func closeAll() {
        for connection in Array(connections.values) { connection.abandon() }
    }

    /// Hands a batch to the engine; the answer comes back to the connection on this event loop.
    func append(_ batch: EventBatch, connection: UInt64, slot: UInt64) {
        let events = batch.count
        parts.metering.append(batch, origin: .http) { [mailbox] result in
            mailbox.post(Completion(connection: connection, slot: slot, events: events, result: result))
        }
    }

    private func deliver(_ completions: [Completion]) {
        for completion in completions {
            switch completion.result {
            case .success: parts.metrics.acceptedEvents.increment(by: completion.events)
            case .failure: parts.metrics.refusedEvents.increment(by: completion.events)
            }
            // No connection: the client has gone. Its events are where the engine says they are all the same.
            connections[completion.connection]?.complete(completion.slot, completion.result)
        }
        // Outcomes of all first, so that a connection with several requests writes its answers together.
        for completion in completions { connections[completion.connection]?.advance() }
    }

    /// What the headers say; most requests are structured and have the content type of the one before.
    func metadata(_ head: RequestHead) throws(Problem) -> IngestMetadata {
        let isPlain = !head.hasAttributes && head.contentEncodings.isEmpty && head.contentTypes.count == 1
        guard isPlain else { return try IngestMetadata(head) }
        let value = head.fields[head.contentTypes[0]].value
        if let last = lastContentType, head.bytes.withUnsafeReadableBytes({ $0[value].elementsEqual(last.bytes) }) {
            return IngestMetadata(mode: last.mode)
        }
        let metadata = try IngestMetadata(head)
        if case .structured = metadata.mode {
            lastContentType = (head.bytes.withUnsafeReadableBytes { Array($0[value]) }, metadata.mode)
        }
        return metadata
    }
}

extension IngestMetadata {
    /// What an HTTP/1.1 head says.
    init(_ head: RequestHead) throws(Problem) {
        var attributes: [(name: String, value: String)] = []
        if head.hasAttributes {
            for field in head.fields {
                let name = head.text(field.name).lowercased()
                if name.hasPrefix("ce-") { attributes.append((String(name.dropFirst(3)), head.text(field.value))) }
            }
        }
        try self.init(
            contentTypes: head.contentTypes.map { head.text(head.fields[$0].value) },
            contentEncodings: head.contentEncodings.map { head.text(head.fields[$0].value) },
            attributes: attributes
        )
    }
}
