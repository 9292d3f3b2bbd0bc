extension String {
    /// The text with some ASCII characters written as `%` and two hexadecimal digits. `%` is best among them, so that
    /// different texts stay different.
    func percentEncoding(_ characters: String) -> String {
        guard utf8.contains(where: characters.utf8.contains) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if characters.unicodeScalars.contains(scalar) {
                text += "%" + String(scalar.value, radix: 16, uppercase: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
