public import ArgumentParser
public import CloudEvents

/// `name=value`
struct ProducerProperty: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
        name = String(argument[..<sign])
        value = String(argument[argument.index(after: sign)...])
    }
}

extension MessageMode: ExpressibleByArgument {}
extension Profile: ExpressibleByArgument {}
