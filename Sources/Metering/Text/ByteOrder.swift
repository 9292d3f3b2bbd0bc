extension String {
    /// Whether this comes before another text byte by byte in UTF-8, whatever either means.
    public func precedesBytewise(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}

extension [String] {
    /// Whether these texts come before others, the first that differ deciding, byte by byte.
    public func precedeBytewise(_ others: [String]) -> Bool {
        for (mine, theirs) in zip(self, others) where !mine.utf8.elementsEqual(theirs.utf8) {
            return mine.precedesBytewise(theirs)
        }
        return count < others.count
    }
}
