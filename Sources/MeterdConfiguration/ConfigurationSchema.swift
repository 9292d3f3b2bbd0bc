import Metering
import ReportDefinitions

/// The JSON Schema of the configuration file, for editors and for `meterd config schema`.
///
/// It is made of the same keys and rules that read the file. It is a little more lenient than they are: names that other
/// parts of the file have to know, and what several keys must agree on, are only checked on reading.
public enum ConfigurationSchema {
    /// JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12), with a newline at the end.
    public static let text = document.rendered() + "\n"

    private static let document: JSONValue = JSONValue.members([
        "$schema": .text("https://json-schema.org/draft/2020-12/schema"),
        "title": .text("meterd configuration"),
    ])
    .adding(rootMembers)
    .adding([
        .init(
            name: "$defs",
            value: .members([
                "fromEnvironment": .members([
                    "description": .text("filled in from the environment: ${NAME} or ${NAME:-default}"),
                    "type": .text("string"),
                    "pattern": .text("\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"),
                ]),
                "focusValue": Rule<Placed<FocusValue>>.focusValueSchema,
                "condition": Rule<TextCondition>.conditionSchema,
            ])
        )
    ])

    private static var rootMembers: [JSONValue.Member] {
        if case .object(let members) = RootSection.rule.schema { members } else { [] }
    }
}
