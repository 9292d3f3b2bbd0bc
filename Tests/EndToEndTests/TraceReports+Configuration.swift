extension TraceReports {
    /// One meter with graduated tiers, an allowance, customers with prices of their own and a change of price in mid-month;
    /// one with volume tiers in another currency, invoiced by another company; one by the thousand; one that costs nothing.
    static let configuration = """
        server: { listen: 127.0.0.1:0, profile: cloudevents }
        log: { format: json }
        storage: { directory: DIRECTORY/store }
        meters:
          - { slug: context_tokens, eventType: completion, aggregation: SUM, valueProperty: $.context,
              groupBy: { service: $.service, size: $.size } }
          - { slug: generated_tokens, eventType: completion, aggregation: SUM, valueProperty: $.generated,
              groupBy: { service: $.service } }
          - { slug: requests, eventType: completion, aggregation: COUNT }
          - { slug: longest_context, eventType: completion, aggregation: MAX, valueProperty: $.context }
        destinations:
          local: { directory: DIRECTORY/reports }
        reports:
          - { name: context, format: csv, meter: context_tokens, dimensions: [subject, service, size], files: daily,
              dateColumn: date, metricColumn: context, destination: local, prefix: context/, every: 24h }
          - { name: generated, format: csv, meter: generated_tokens, dimensions: [subject], files: single,
              dateColumn: date, metricColumn: generated, destination: local, prefix: generated/, every: 24h }
        \(focusReports)
          - { name: cbf, format: anycost-cbf, meters: [context_tokens, requests, longest_context], destination: local,
              prefix: cbf/, every: 24h }
          - { name: reconciliation, format: reconciliation, destination: local, prefix: reconciliation/, every: 24h }
        focus:
          provider: Example Metering
          publisher: Example Publisher
          host: Example Cloud
          billingAccount: { id: acct-001, name: Example Org, type: Billing Account }
          currency: USD
          service: { name: Example AI, category: AI and Machine Learning, subcategory: Generative AI }
          region: { id: eu-west-1, name: Ireland, availabilityZone: eu-west-1a }
          subAccount: { id: { subject: true }, name: { subject: true }, type: Customer }
          columns: { x_CostCenter: cc-42 }
          meters:
            context_tokens:
              tags: { service: { dimension: service }, size: { dimension: size } }
              columns: { x_Service: { dimension: service } }
            generated_tokens:
              currency: EUR
              invoiceIssuer: Example Reseller
              service: { name: Example Text, category: AI and Machine Learning }
              tags: { service: { dimension: service } }
            requests:
              resource: { id: gateway, name: The gateway, type: Gateway }
        prices:
          - meter: context_tokens
            sku: context
            unit: 1000 Tokens
            allowance: 100000
            tiers:
              - { upTo: 500000, listUnitPrice: "0.003", contractedUnitPrice: "0.0027" }
              - { upTo: 2000000.5, listUnitPrice: "0.002" }
              - { listUnitPrice: "0.00125" }
            subjects:
              code-customer-1: { contractedUnitPrice: "0.0015" }
              conv-customer-2: { tiers: [{ upTo: 700000, contractedUnitPrice: "0.0019" }, { contractedUnitPrice: "0.0009" }] }
            from: 2023-11-01
          - meter: context_tokens
            sku: context
            unit: 1000 Tokens
            allowance: 100000
            tiers: [{ upTo: 300000, listUnitPrice: "0.0025" }, { listUnitPrice: "0.001" }]
            from: 2023-11-20
          - meter: generated_tokens
            sku: generated
            unit: Tokens
            tiering: volume
            tiers: [{ upTo: 50000, listUnitPrice: "0.00009" }, { listUnitPrice: "0.000071" }]
            from: 2023-11-01
          - { meter: requests, sku: requests, unit: 1000 Requests, listUnitPrice: "0.25", contractedUnitPrice: "0.2",
              from: 2023-11-01 }
          - { meter: longest_context, sku: longest-context, unit: Tokens, listUnitPrice: 0, from: 2023-11-01 }
        """

    private static let focusReports = versions.map { version in
        """
          - { name: \(name(version)), format: focus, version: "\(version)", meters: [\(meters.joined(separator: ", "))],
              compression: \(version == "1.1" ? "none" : "gzip"), delivery: \(version == "1.4" ? "new" : "overwrite"),
              destination: local, prefix: \(name(version))/, every: 24h }
        """
    }.joined(separator: "\n")
}
