/// A subject as its bytes. Swift takes texts for equal that are written differently (`é` in one or two scalars); events
/// with such subjects are of different customers.
struct SubjectKey: Hashable {
    let subject: String

    init(_ subject: String) { self.subject = subject }

    static func == (one: SubjectKey, other: SubjectKey) -> Bool {
        one.subject.hasSameBytes(as: other.subject)
    }

    func hash(into hasher: inout Hasher) {
        var subject = subject
        subject.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}

extension String {
    /// Whether another text has the same bytes in UTF-8.
    func hasSameBytes(as other: String) -> Bool {
        // Texts of the same bytes are equal in every sense, and most that are not are told apart here.
        self == other && utf8.elementsEqual(other.utf8)
    }
}
