/// A pattern of `$like`, read once. Matching takes at most the text's length times the pattern's, whatever they are.
struct LikePattern: Sendable {
    /// A byte to be met, or one of the two below.
    private let steps: [UInt16]
    private let ignoresCase: Bool

    /// Any one character.
    private static let one: UInt16 = 0x100
    /// Any text.
    private static let run: UInt16 = 0x101

    init(_ pattern: String, ignoringCase: Bool) {
        var steps: [UInt16] = []
        var isEscaped = false
        func add(_ scalar: Unicode.Scalar) {
            for byte in ignoringCase ? Array(scalar.lowercased.utf8) : Array(String(scalar).utf8) {
                steps.append(UInt16(byte))
            }
        }
        for scalar in pattern.unicodeScalars {
            if isEscaped {
                add(scalar)
                isEscaped = false
                continue
            }
            switch scalar {
            case "\\": isEscaped = true
            case "_": steps.append(Self.one)
            case "%": if steps.last != Self.run { steps.append(Self.run) }
            default: add(scalar)
            }
        }
        if isEscaped { add("\\") }
        self.steps = steps
        ignoresCase = ignoringCase
    }

    /// Whether the whole text fits.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        guard ignoresCase else { return fits(text) }
        if text.allSatisfy({ $0 < 0x80 }) {
            return withUnsafeTemporaryAllocation(byteCount: text.count, alignment: 1) { lowered in
                for (index, byte) in text.enumerated() {
                    lowered[index] = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
                }
                return fits(UnsafeRawBufferPointer(lowered))
            }
        }
        var lowered: [UInt8] = []
        lowered.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            lowered.append(contentsOf: scalar.lowercased.utf8)
        }
        return lowered.withUnsafeBytes(fits)
    }

    /// Where a text leaves the pattern, the last `%` takes one character more and all after it is tried again. What an earlier
    /// `%` took never has to change: the steps between the two were met as early in the text as they can be.
    private func fits(_ text: UnsafeRawBufferPointer) -> Bool {
        steps.withUnsafeBufferPointer { steps in
            var step = 0
            var position = 0
            var afterRun: Int?
            var endOfRun = 0
            while position < text.count {
                if step < steps.count {
                    switch steps[step] {
                    case Self.run:
                        step += 1
                        if step == steps.count { return true }
                        afterRun = step
                        endOfRun = position
                        continue
                    case Self.one:
                        position = Self.endOfScalar(at: position, in: text)
                        step += 1
                        continue
                    case UInt16(text[position]):
                        position += 1
                        step += 1
                        continue
                    default: break
                    }
                }
                guard let resumed = afterRun else { return false }
                endOfRun = Self.endOfScalar(at: endOfRun, in: text)
                position = endOfRun
                step = resumed
            }
            return steps[step...].allSatisfy { $0 == Self.run }
        }
    }

    private static func endOfScalar(at position: Int, in text: UnsafeRawBufferPointer) -> Int {
        var end = position + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}

extension Unicode.Scalar {
    /// Its lower case where that is one scalar, otherwise itself.
    fileprivate var lowercased: String {
        let lower = properties.lowercaseMapping
        return lower.unicodeScalars.count == 1 ? lower : String(self)
    }
}
