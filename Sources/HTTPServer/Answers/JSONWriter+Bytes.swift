import Foundation

extension JSONWriter {
    /// A member with bytes: as text when they are UTF-8; otherwise in base64 (RFC 4648 section 4) under the name with
    /// `Base64` behind it; null without any.
    mutating func member(_ name: String, bytes: [UInt8]?) {
        guard let bytes else { return member(name, String?.none) }
        if let text = String(validating: bytes, as: UTF8.self) {
            member(name, text)
        } else {
            member(name + "Base64", Data(bytes).base64EncodedString())
        }
    }
}
