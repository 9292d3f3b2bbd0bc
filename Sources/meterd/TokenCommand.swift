import ArgumentParser
import Crypto

/// `meterd token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a new random token and its SHA-256.",
        discussion: """
            The second line goes into the configuration under server.tokens, where the file needs no secret. The first \
            is for whoever sends it (Authorization: Bearer …, or METERD_TOKEN for meterd's own commands): it is shown \
            this once and kept nowhere.

            The SHA-256 of a token there is already: printf %s "$TOKEN" | sha256sum
            """
    )

    func run() {
        var generator = SystemRandomNumberGenerator()
        for line in NewToken(using: &generator).lines { print(line) }
    }
}

/// A token that nobody can guess.
struct NewToken {
    let text: String

    /// How many letters and digits are drawn: 62 of them to the 43rd power are more than 2 to the 256th.
    static let length = 43
    /// So that a token is known for one where it turns up by mistake.
    static let prefix = "meterd_"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    /// - Parameter generator: as hard to predict as a secret has to be.
    init(using generator: inout some RandomNumberGenerator) {
        let drawn = (0..<Self.length).map { _ in Self.alphabet[Int.random(in: Self.alphabet.indices, using: &generator)]
        }
        text = Self.prefix + String(drawn)
    }

    /// The token, and what the configuration keeps of it.
    var lines: [String] {
        let digest = SHA256.hash(data: Array(text.utf8))
        let digits = digest.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }
        return ["token: \(text)", "sha256: \(digits.joined())"]
    }
}
