import Foundation
import Testing

/// A file that came with the tests.
enum Fixture {
    static func text(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
}
