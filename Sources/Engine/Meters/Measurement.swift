import CloudEvents
import Metering

/// What a meter makes of an event's data.
enum Measurement {
    /// The value to count, and for UNIQUE_COUNT what tells values apart. COUNT and UNIQUE_COUNT count 1.
    case value(ExactDecimal, unique: UniqueHash?)
    /// The meter cannot use the event.
    case invalid(InvalidValue)

    private static let one = ExactDecimal(1)

    /// - Parameters:
    ///   - found: what the type's paths found in the data.
    ///   - data: the data as JSON; empty when the event has none or it is not JSON.
    @inline(__always)
    init(_ probe: MeterProbe, _ found: UnsafeMutableBufferPointer<JSONSlice>, _ data: UnsafeRawBufferPointer) {
        guard let path = probe.value else {
            self = .value(Self.one, unique: nil)
            return
        }
        do throws(InvalidValue) {
            if probe.aggregation == .uniqueCount {
                self = .value(Self.one, unique: try UniqueHash(measured: found[path], in: data))
            } else {
                self = .value(try ExactDecimal(measured: found[path], in: data), unique: nil)
            }
        } catch {
            self = .invalid(error)
        }
    }
}

extension EventBatch {
    /// The data of an event as JSON; empty when it has none, or none that is JSON.
    @inline(__always)
    func jsonData(of event: EventIndex) -> UnsafeRawBufferPointer {
        switch event.dataKind {
        case .absent, .base64, .other:
            return UnsafeRawBufferPointer(start: nil, count: 0)
        case .null, .object, .array, .string, .number, .boolean:
            let start = Int(event.data.offset)
            return UnsafeRawBufferPointer(rebasing: payload[start..<start + Int(event.data.length)])
        }
    }
}

extension [UInt8] {
    /// Adds one part of a series' key: its length as a little-endian UInt32, then its bytes.
    @inline(__always)
    mutating func appendPart(_ text: UnsafeRawBufferPointer) {
        Swift.withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.count).littleEndian) { append(contentsOf: $0) }
        append(contentsOf: text)
    }

    /// Adds a dimension's value as one part of a series' key.
    @inline(__always)
    mutating func appendPart(_ slice: JSONSlice, of data: UnsafeRawBufferPointer) {
        let start = count
        append(contentsOf: repeatElement(0, count: 4))
        slice.appendText(in: data, to: &self)
        let length = UInt32(truncatingIfNeeded: count - start - 4).littleEndian
        withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: UInt32.self) }
    }
}
