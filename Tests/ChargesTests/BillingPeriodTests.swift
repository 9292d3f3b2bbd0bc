import Metering
import Testing

@testable import Charges

@Suite("Billing periods")
struct BillingPeriodTests {
    @Test(
        "a day is in its month, which the next one follows",
        arguments: [
            ("2025-06-01", "2025-06", "2025-07"), ("2025-06-30", "2025-06", "2025-07"),
            ("2024-02-29", "2024-02", "2024-03"), ("2025-12-31", "2025-12", "2026-01"),
        ]
    )
    func months(day: String, month: String, next: String) throws {
        let period = BillingPeriod(containing: try Samples.day(day))
        #expect(period.description == month)
        #expect(period.first.description == month + "-01")
        #expect(period.next.description == next)
        #expect(period < period.next)
    }
}
