/// The `log:` section.
enum LogSection {
    static let format = Key<LogSettings.Format>(
        "format",
        .choice("a format"),
        .standard("text"),
        "text for people, json for one object a line"
    )
    static let level = Key<LogSettings.Level>(
        "level",
        .choice("a level"),
        .standard("info"),
        "the least a line must matter to be written"
    )

    static let rule = Rule<LogSettings>.object("what is logged", keys: [format, level]) { fields in
        let format = fields(format)
        guard let level = fields(level), let format else { return nil }
        return LogSettings(format: format, level: level)
    }
}
