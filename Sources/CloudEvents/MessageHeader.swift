/// One header of a Kafka message; its bytes are borrowed from whoever has the message.
public struct MessageHeader {
    /// The header's name.
    public var name: UnsafeRawBufferPointer
    /// The header's value; nil when it is null, which counts as absent.
    public var value: UnsafeRawBufferPointer?

    /// A header of these bytes, which must outlive it.
    @inlinable
    public init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        self.name = name
        self.value = value
    }
}
