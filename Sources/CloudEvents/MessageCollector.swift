/// Collects the events of many Kafka messages in one batch.
///
/// One for each thread, like the decoder it was made with. What it gathers lies in memory that it keeps from batch to
/// batch, as much as the largest one needed; a good message in structured mode allocates nothing.
public final class MessageCollector {
    private let decoder: EventDecoder
    private var entries: UnsafeMutablePointer<EventIndex>
    private var entryCapacity: Int
    private var payload: UnsafeMutableRawPointer
    private var payloadCapacity: Int
    private var events = 0
    private var end = 0

    /// Events collected.
    public var count: Int { events }
    /// Bytes of the payload collected, the events' lengths included. Whoever adds messages finishes the batch in good
    /// time: it may never be more than `EventBatch.payloadLimit`.
    public var byteCount: Int { end }

    private static let firstEntries = 256
    private static let firstBytes = 64 * 1024

    /// A collector of the events that `decoder` takes, for the decoder's thread.
    public init(decoder: EventDecoder) {
        self.decoder = decoder
        entryCapacity = Self.firstEntries
        entries = .allocate(capacity: entryCapacity)
        payloadCapacity = Self.firstBytes
        payload = .allocate(byteCount: payloadCapacity, alignment: 1)
    }

    deinit {
        entries.deallocate()
        payload.deallocate()
    }

    /// Decodes one message (CloudEvents 1.0.2, Kafka protocol binding, section 3) and adds its event. A message that is
    /// refused adds nothing.
    ///
    /// A message whose `content-type` header is `application/cloudevents+json` is structured; every other is binary: its
    /// attributes stand in headers that begin with `ce_`, in UTF-8 as it is, and its value is the data. A value that is
    /// nil is no data; an empty one is data of no bytes. Header names are told apart by case.
    public func add(
        headers: UnsafeBufferPointer<MessageHeader>,
        value: UnsafeRawBufferPointer?
    ) throws(DecodeError) {
        if events == entryCapacity { growEntries() }
        let entry = entries + events
        let text = try decoder.index(headers: headers, value: value, into: entry)
        let raw = entry.pointee.raw
        let start = end &+ MemoryLayout<UInt32>.size
        let newEnd = start &+ Int(raw.length)
        if newEnd > payloadCapacity { growPayload(newEnd) }
        payload.storeBytes(of: raw.length.littleEndian, toByteOffset: end, as: UInt32.self)
        (payload + start).copyMemory(from: text + Int(raw.offset), byteCount: Int(raw.length))
        entry.pointee.move(by: UInt32(truncatingIfNeeded: start) &- raw.offset)
        end = newEnd
        events &+= 1
    }

    /// All events collected, perhaps none. The collector is empty afterwards.
    public func finish() -> EventBatch {
        let block = EventBatch.Block.allocate(count: events, payloadLength: end)
        block.index.initialize(from: entries, count: events)
        block.payload.copyMemory(from: payload, byteCount: end)
        events = 0
        end = 0
        return EventBatch(block)
    }

    private func growEntries() {
        let larger = UnsafeMutablePointer<EventIndex>.allocate(capacity: entryCapacity * 2)
        larger.initialize(from: entries, count: events)
        entries.deallocate()
        entries = larger
        entryCapacity *= 2
    }

    private func growPayload(_ needed: Int) {
        precondition(needed <= EventBatch.payloadLimit, "a batch of messages is finished before it is this long")
        payloadCapacity = min(max(needed, payloadCapacity * 2), EventBatch.payloadLimit)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: payloadCapacity, alignment: 1)
        larger.copyMemory(from: payload, byteCount: end)
        payload.deallocate()
        payload = larger
    }
}
