import Metering

/// Flat JSON objects of texts, as Tags and SkuPriceDetails hold them (FOCUS, section Key-Value Format).
enum KeyValueFormat {
    /// The object, its keys in the given order; nil (null) where there are none.
    static func text(_ pairs: [(key: String, value: String)]) -> String? {
        let members = pairs.map { $0.key.jsonString + ":" + $0.value.jsonString }
        return members.isEmpty ? nil : "{" + members.joined(separator: ",") + "}"
    }
}
