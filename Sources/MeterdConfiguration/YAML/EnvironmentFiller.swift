/// Fills `${NAME}` in the text of a scalar from the environment.
///
/// - `${NAME}` is the variable's value; an unset one is an error, an empty one is the empty text.
/// - `${NAME:-default}` is the default where the variable is unset or empty; the default ends at the next `}`.
/// - `$${` stands for `${`. Every other `$` is a dollar.
///
/// The result is text, never YAML: it cannot add keys or lines of structure. The key it stands under reads it the way
/// it reads text written in the file, so `${BODY_LIMIT}` may hold `8MiB` and `${PATH_STYLE}` may hold `true`.
struct EnvironmentFiller {
    let environment: [String: String]

    struct Filled {
        var text: String
        var isFilledIn: Bool
        var problems: [Problem]
    }

    /// `offset` counts Unicode scalars of the text as written.
    struct Problem {
        var offset: Int
        var wrong: String
        var allowed: String
    }

    func fill(_ written: String) -> Filled {
        guard written.contains("${") else { return Filled(text: written, isFilledIn: false, problems: []) }
        let scalars = Array(written.unicodeScalars)
        var result = Filled(text: "", isFilledIn: false, problems: [])
        var index = 0
        while index < scalars.count {
            if scalars[index...].starts(with: "$${".unicodeScalars) {
                result.text += "${"
                index += 3
            } else if scalars[index...].starts(with: "${".unicodeScalars) {
                guard let end = scalars[index...].firstIndex(of: "}") else {
                    result.problems.append(
                        Problem(
                            offset: index,
                            wrong: "'${' has no '}' after it",
                            allowed: "write ${NAME}, or $${ for ${"
                        )
                    )
                    return result
                }
                result.isFilledIn = true
                switch value(of: scalars[index + 2..<end]) {
                case .success(let value): result.text += value
                case .failure(let fault):
                    result.problems.append(Problem(offset: index, wrong: fault.wrong, allowed: fault.allowed))
                }
                index = end + 1
            } else {
                result.text.unicodeScalars.append(scalars[index])
                index += 1
            }
        }
        return result
    }

    private struct Fault: Error {
        var wrong: String
        var allowed: String
    }

    private func value(of reference: ArraySlice<Unicode.Scalar>) -> Result<String, Fault> {
        let isNamed = reference.prefix {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_")
        }
        let name = String(String.UnicodeScalarView(isNamed))
        let rest = reference.dropFirst(isNamed.count)
        let isWithDefault = rest.starts(with: ":-".unicodeScalars)
        guard let first = isNamed.first, first.properties.numericType == nil, rest.isEmpty || isWithDefault else {
            let text = String(String.UnicodeScalarView(reference))
            return .failure(
                Fault(
                    wrong: "'${\(text)}' does not name a variable",
                    allowed: "write ${NAME} or ${NAME:-default} with letters, digits and _, or $${ for ${"
                )
            )
        }
        let value = environment[name]
        if isWithDefault {
            guard let value, !value.isEmpty else {
                return .success(String(String.UnicodeScalarView(rest.dropFirst(2))))
            }
            return .success(value)
        }
        guard let value else {
            return .failure(
                Fault(
                    wrong: "the environment variable \(name) is not set",
                    allowed: "set it, or write ${\(name):-default}"
                )
            )
        }
        return .success(value)
    }
}
