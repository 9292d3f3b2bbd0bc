import Foundation
import Testing

/// What the validators of FOCUS, by others, make of reports on real input.
@Suite(
    .enabled(if: AzureTrace.folder != nil, "the azure-llm-2023 folder is not there; set METERD_TEST_DATA to run this"),
    .enabled(if: ReportReaders.python != nil, "there is no .venv with focus-data-toolkit; scripts/test makes it"),
    .traceReports
)
struct ValidatedByOthersTests {
    private static let noValidator: Comment =
        "there is no .venv-focus; scripts/test makes it where Python 3.12 or 3.13 is"

    /// The months' data files of the report in a version.
    private func files(_ version: String) throws -> [String] {
        try #require(TraceReports.current).files(TraceReports.name(version))
    }

    /// Rules that a good report breaks, and why. One that is no longer broken has to go from here.
    private enum Allowed {
        /// InvoiceId is null before there is an invoice, as the specification has it; the validator asks for one always.
        static let in12: Set = ["InvoiceId-C-005-C"]
        /// The model of 1.4 asks for ProviderName and PublisherName, which 1.4 has not.
        static let in14: Set = ["CAU-CostAndUsage-D-021-M", "CAU-CostAndUsage-D-038-M"]
        /// A copy breaks one more: its ChargeClass is X, where it has to be null or Correction.
        static let inCopyOf12 = in12.union(["ChargeClass-C-005-C"])
        static let inCopyOf14 = in14.union(["CAU-ChargeClass-C-005-C"])
    }

    /// Rules for what is no correction never look at a row whose ChargeClass is null; in a copy with this change they do.
    private static let noCorrection = "ChargeClass=X"

    /// Changes that make a good report a bad one, each in a row of its own. focus-validator does not see the last three.
    private static let damage = [
        "ListCost=123.5@3", "BillingCurrency=XYZ@4", "ServiceSubcategory=@5", "ChargeFrequency=Sometimes@6",
        "ChargePeriodStart=2023-11-16@7", "Tags={\"a\":{\"b\":1}}@8",
    ]

    @Test(
        "focus-validator finds the reports good by the rules of 1.2",
        .enabled(if: ReportReaders.validatorPython != nil, noValidator)
    )
    func rulesOf12() async throws {
        let verdict = try await Verdict.focusValidator(try files("1.2"), rules: "1.2")
        #expect(verdict.broken == Allowed.in12, "\(verdict.words)")
        #expect(verdict.passed > 250)
        // 1.3 has the columns of 1.2 and eight more, and there are no rules for it.
        for version in ["1.2", "1.3"] {
            let copy = try await Verdict.focusValidator(
                try files(version),
                rules: "1.2",
                changes: [Self.noCorrection]
            )
            #expect(copy.broken == Allowed.inCopyOf12, "\(copy.words)")
        }
    }

    @Test(
        "focus-validator finds the reports good by the rules of 1.4",
        .enabled(if: ReportReaders.validatorPython != nil, noValidator)
    )
    func rulesOf14() async throws {
        let files = try files("1.4")
        let verdict = try await Verdict.focusValidator(files, rules: "1.4")
        #expect(verdict.broken == Allowed.in14, "\(verdict.words)")
        #expect(verdict.passed > 340)
        let copy = try await Verdict.focusValidator(files, rules: "1.4", changes: [Self.noCorrection])
        #expect(copy.broken == Allowed.inCopyOf14, "\(copy.words)")
    }

    @Test("focus-data-toolkit finds the reports good as FOCUS 1.4")
    func toolkit() async throws {
        let verdict = try await Verdict.focusToolkit(try files("1.4"))
        #expect(verdict.broken == [], "\(verdict.words)")
    }

    @Test(
        "focus-validator finds the rows that are broken on purpose",
        .enabled(if: ReportReaders.validatorPython != nil, noValidator)
    )
    func validatorFindsDamage() async throws {
        let old = try await Verdict.focusValidator(
            try files("1.2"),
            rules: "1.2",
            changes: [Self.noCorrection] + Self.damage
        )
        #expect(
            old.broken.subtracting(Allowed.inCopyOf12) == [
                "ListCost-C-009-C", "ListUnitPrice-C-010-C", "BillingCurrency-C-006-M", "ServiceSubcategory-C-002-M",
            ],
            "\(old.words)"
        )
        let new = try await Verdict.focusValidator(try files("1.4"), rules: "1.4", changes: Self.damage)
        #expect(
            new.broken.subtracting(Allowed.in14) == [
                "CAU-ListCost-C-011-C", "CAU-BillingCurrency-C-006-M", "CAU-ServiceSubcategory-C-002-M",
            ],
            "\(new.words)"
        )
    }

    @Test("focus-data-toolkit finds the rows that are broken on purpose")
    func toolkitFindsDamage() async throws {
        let verdict = try await Verdict.focusToolkit(try files("1.4"), changes: Self.damage)
        #expect(
            verdict.broken == [
                "SEMANTIC_VALID:cost_not_unit_price_times_quantity ListCost",
                "STRUCTURAL_VALID:bad_currency BillingCurrency",
                "STRUCTURAL_VALID:null_not_allowed ServiceSubcategory",
                "STRUCTURAL_VALID:not_in_allowed_values ChargeFrequency",
                "STRUCTURAL_VALID:bad_datetime ChargePeriodStart", "STRUCTURAL_VALID:key_value_value_not_scalar Tags",
            ],
            "\(verdict.words)"
        )
    }
}
