public import ArgumentParser
public import CloudEvents
import MeterdConfiguration

/// `name=value`
struct ProducerProperty: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
        name = String(argument[..<sign])
        value = String(argument[argument.index(after: sign)...])
    }

    /// Why it cannot be set, without its value; nil: it can.
    var refusal: String? {
        switch name {
        case "bootstrap.servers", "metadata.broker.list": "\(name) has an option of its own; say --brokers"
        default: KafkaProperty.refusal(name: name, value: value)
        }
    }
}

extension MessageMode: ExpressibleByArgument {}
extension Profile: ExpressibleByArgument {}
