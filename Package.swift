// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A target of `Sources/`.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a room; what they read lies in their folder `Fixtures`.
func tests(_ room: String, _ dependencies: [Target.Dependency] = [], fixtures: Bool = false) -> Target {
    .testTarget(
        name: room + "Tests",
        dependencies: [.byName(name: room)] + dependencies,
        resources: fixtures ? [.copy("Fixtures")] : [],
        swiftSettings: strict
    )
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
]
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "meterd",
    products: [
        .executable(name: "meterd", targets: ["meterd"]),
        .executable(name: "meterd-bench", targets: ["meterd-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(name: "CPlatform"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CCompression", providers: [.apt(["zlib1g-dev", "libzstd-dev"])]),
        .systemLibrary(name: "CRdKafka", providers: [.apt(["librdkafka-dev"])]),

        room("CloudEvents", ["CSimdJSON"]),
        room("Metering", ["CloudEvents"]),
        room("EventLog", ["CPlatform"]),
        room("DedupeIndex", ["CPlatform"]),
        room("Observability", [logging]),
        room("UsageStore", ["CloudEvents", "Metering", grdb]),
        room(
            "Engine",
            ["CPlatform", "CloudEvents", "Metering", "EventLog", "DedupeIndex", "UsageStore", "Observability", logging]
        ),

        room(
            "KafkaIngest",
            ["CPlatform", "CRdKafka", "CloudEvents", "EventLog", "Engine", "Observability", "UsageStore", logging]
        ),

        room("ReportDefinitions", ["CloudEvents", "Metering"]),
        room("MeterdConfiguration", ["CRdKafka", "CloudEvents", "Metering", "ReportDefinitions", crypto, "Yams"]),
        room("ObjectStore", [httpClient, crypto, logging, nioCore, nioPosix, nioHTTP1]),
        room("Charges", ["Metering", "ReportDefinitions"]),
        room("Gzip", []),
        room("ReportFormats", ["Charges", "CloudEvents", "Metering", "ReportDefinitions", crypto]),
        room(
            "Reports",
            [
                "CCompression", "Charges", "CloudEvents", "Gzip", "Metering", "ReportDefinitions", "ReportFormats",
                "ObjectStore", "Observability", crypto, grdb, logging,
            ]
        ),
        room(
            "HTTPServer",
            [
                "CCompression", "CloudEvents", "Metering", "Engine", "ReportDefinitions", "Observability", "UsageStore",
                crypto, lifecycle, logging, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS,
            ] + hummingbird
        ),

        .executableTarget(
            name: "meterd",
            dependencies: [
                "CloudEvents", "MeterdConfiguration", "Engine", "EventLog", "HTTPServer", "KafkaIngest", "Metering",
                "ObjectStore", "Observability", "ReportDefinitions", "Reports", "UsageStore", arguments, crypto,
                httpClient, lifecycle, logging, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "meterd-bench",
            dependencies: [
                "CRdKafka", "CloudEvents", "Engine", "EventLog", "KafkaIngest", "Metering", "Observability",
                "UsageStore",
                arguments, logging,
            ],
            swiftSettings: strict
        ),

        .target(
            name: "TestServers",
            dependencies: ["CRdKafka", "ObjectStore", httpClient, logging],
            path: "Tests/TestServers",
            swiftSettings: strict
        ),
        tests("CloudEvents", fixtures: true),
        tests("Metering", ["CloudEvents"]),
        tests("EventLog", ["CPlatform"]),
        tests("DedupeIndex", ["CPlatform"], fixtures: true),
        tests("Observability", [logging]),
        tests("UsageStore", ["CloudEvents", "Metering", grdb]),
        tests("Engine", ["CloudEvents", "EventLog", "Metering", "Observability", "UsageStore", logging]),
        tests(
            "KafkaIngest",
            [
                "CRdKafka", "CloudEvents", "Engine", "EventLog", "Metering", "Observability", "TestServers",
                "UsageStore",
                logging,
            ]
        ),
        tests("ReportDefinitions", ["CloudEvents", "Metering"]),
        tests(
            "MeterdConfiguration",
            ["CloudEvents", "Metering", "ReportDefinitions", "TestServers", crypto],
            fixtures: true
        ),
        tests(
            "ObjectStore",
            ["TestServers", httpClient, crypto, logging, nioCore, nioPosix, nioHTTP1],
            fixtures: true
        ),
        tests("Charges", ["Metering", "ReportDefinitions"], fixtures: true),
        tests("Gzip", ["CCompression", "TestServers"]),
        tests(
            "ReportFormats",
            ["Charges", "CloudEvents", "Metering", "ReportDefinitions", "TestServers"],
            fixtures: true
        ),
        tests(
            "Reports",
            [
                "CCompression", "Charges", "CloudEvents", "Gzip", "Metering", "ReportDefinitions", "ReportFormats",
                "ObjectStore", "Observability", "TestServers", crypto, grdb, logging,
            ]
        ),
        tests(
            "HTTPServer",
            [
                "CCompression", "CloudEvents", "Metering", "Engine", "ReportDefinitions", "Observability",
                "TestServers", "UsageStore",
                crypto, lifecycle, logging, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS,
            ] + hummingbird,
            fixtures: true
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CRdKafka", "CloudEvents", "meterd", "ObjectStore", "ReportDefinitions", "TestServers", "Yams",
                httpClient, nioCore, nioFoundation, nioHTTP1,
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: strict
        ),
    ],
    cxxLanguageStandard: .cxx17
)
