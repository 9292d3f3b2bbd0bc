extension KafkaProperty {
    /// Why the `properties` of a configuration would refuse a setting, in a sentence that does not show the value; nil:
    /// they would take it.
    public static func refusal(name: String, value: String) -> String? {
        if let fault = ClientProperty.fault(ofName: name) { return "\(fault.wrong); \(fault.allowed)" }
        let allowed = ClientProperty.allowed(name)
        guard !value.isEmpty else { return "\(name) is empty; \(allowed)" }
        do throws(ScalarFault) {
            try ClientProperty.check(name, value)
        } catch {
            return "what stands there is not a value of \(name); \(error.allowed ?? allowed)"
        }
        return ClientProperty.brokenPromise(name, value).map { "this value of \(name) \($0.reason); \($0.instead)" }
    }
}

extension KafkaCluster {
    /// Why the `brokers` of a configuration would refuse a text, which may name several with commas between; nil: they
    /// would take it.
    public static func refusal(brokers: String) -> String? {
        do throws(ScalarFault) {
            _ = try NamePattern.brokers(in: brokers)
            return nil
        } catch {
            return "'\(brokers)' \(error.reason ?? "is not a broker"); \(error.allowed ?? NamePattern.broker.allowed)"
        }
    }

    /// Why no topic can have a name; nil: one can.
    public static func refusal(topic: String) -> String? {
        guard !NamePattern.topic.matches(topic) else { return nil }
        return "'\(topic)' is not \(NamePattern.topic.noun); \(NamePattern.topic.allowed)"
    }
}
