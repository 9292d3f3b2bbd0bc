public import Charges
public import Metering

/// Why usage cannot be written in a format. Nothing of the file is written then.
public enum ReportContentError: Error, Hashable, CustomStringConvertible {
    /// A sum needs more than 38 digits.
    case overflow(String)
    /// A charge cannot be made from the usage.
    case charge(ChargeError)
    /// The reader takes texts of so many characters only.
    case tooLong(String, meter: String, day: LocalDay, characters: Int, limit: Int)
    /// The reader takes no text of nothing but spaces.
    case blank(String, meter: String, day: LocalDay)
    /// Two rows of a day would be one in Krateo's table.
    case repeatedResource(String, skuPriceID: String, meter: String, day: LocalDay)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .overflow(let what):
            "\(what) has more than 38 digits and cannot be written exactly; look for a wrong value among the events"
        case .charge(let error): "\(error)"
        case .tooLong(let what, let meter, let day, let characters, let limit):
            "\(what) of meter \(meter) on \(day) has \(characters) characters, and Datadog takes \(limit); take it from a "
                + "shorter constant or dimension, or send shorter values"
        case .blank(let what, let meter, let day):
            "\(what) of meter \(meter) on \(day) is nothing but spaces, which Datadog does not take; set a constant for it"
        case .repeatedResource(let resource, let skuPriceID, let meter, let day):
            "two rows of \(day) have the ResourceId \"\(resource)\" and the SkuPriceId \"\(skuPriceID)\" (the second is of "
                + "meter \(meter)), and Krateo's table would keep one of them; leave focus: resource.id out, so that it "
                + "names the series, or set it to what tells them apart"
        }
    }
}
