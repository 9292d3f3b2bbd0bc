import Crypto
import Foundation

/// A JSON Web Token of any header and any payload, signed with HMAC and SHA-256.
enum SignedText {
    static func make(_ header: String, _ payload: String, secret: String) -> String {
        func encode(_ bytes: some Sequence<UInt8>) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=",
                with: ""
            )
        }
        let signed = encode(header.utf8) + "." + encode(payload.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }
}
