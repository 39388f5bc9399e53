// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A library target of ours: all share one set of compiler settings.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "nightshift",
    products: [
        .library(name: "Nightshift", targets: ["Nightshift"]),
        .executable(name: "nightshift", targets: ["nightshift-cli"]),
        .executable(name: "simlm", targets: ["simlm"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries of the system.
        .target(name: "CEventPoll"),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CTCMalloc", pkgConfig: "libtcmalloc_minimal", providers: [.apt(["libgoogle-perftools-dev"])]),

        // Values without I/O.
        library("JSON"),
        library("Hashing", ["CLibcrypto"]),
        library("Randomness"),
        library("Programs", ["Hashing", "JSON"]),
        library("ProgramMetrics", ["JSON", "Programs"]),
        library("Surrogates", ["Randomness"]),
        library("Optimizers", ["JSON", "Programs", "Randomness", "Surrogates"]),
        library("SearchSimulation", ["JSON", "Optimizers", "Programs", "Randomness", "Surrogates"]),

        // I/O.
        library("EventLoop", ["CEventPoll"]),
        library("HTTP", ["CLibcurl", "EventLoop"]),
        library("Processes", ["CEventPoll"]),
        .target(name: "CSandbox"),
        library("Retrieval", ["Hashing", "HTTP", "JSON", "Programs"]),
        library("Tools", ["CSandbox", "EventLoop", "HTTP", "JSON", "Processes", "Programs"]),
        library(
            "LanguageModels",
            ["Hashing", "HTTP", "JSON", "Programs", .product(name: "CoreMetrics", package: "swift-metrics")]),
        library("Postgres", ["CLibpq", "EventLoop"]),
        library("PrivateCluster", ["Hashing", "Processes"]),
        .target(
            name: "Migrations", path: "sql", exclude: ["README.md"],
            resources: [
                .embedInCode("0001_tables.sql"), .embedInCode("0002_queue.sql"), .embedInCode("0003_plan.sql"),
                .embedInCode("0004_corpus.sql"), .embedInCode("0005_search.sql"), .embedInCode("0006_lanes.sql"),
                .embedInCode("0007_roles.sql"), .embedInCode("0008_cache.sql"), .embedInCode("0009_limits.sql"),
                .embedInCode("0010_ledger.sql"),
                .embedInCode("0011_shares.sql"), .embedInCode("0012_tallies.sql"),
                .embedInCode("0013_outages.sql"), .embedInCode("0014_lookups.sql"),
                .embedInCode("0015_reopen.sql"), .embedInCode("0016_absences.sql"),
                .embedInCode("0017_owners.sql"), .embedInCode("0018_failing.sql"), .embedInCode("0019_wall.sql"),
            ],
            swiftSettings: settings),
        library("Store", ["Hashing", "JSON", "Migrations", "Postgres"]),

        // The system.
        library(
            "Studies",
            [
                "Hashing", "JSON", "Optimizers", "ProgramMetrics", "Programs", "Retrieval", "Tools",
                .product(name: "Yams", package: "Yams"),
            ]),
        library("Evaluation", ["Hashing", "JSON", "ProgramMetrics", "Optimizers", "Programs", "Studies"]),
        library(
            "Coordinator",
            ["JSON", "Optimizers", "Programs", "Store", "Studies", .product(name: "CoreMetrics", package: "swift-metrics")]),
        library(
            "Worker",
            ["Evaluation", "JSON", "Programs", "Store", "Studies", .product(name: "CoreMetrics", package: "swift-metrics")]),
        library("Serving", [.product(name: "Hummingbird", package: "hummingbird")]),
        library(
            "Monitoring",
            [
                "Serving", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        library(
            "Gateway", ["JSON", "LanguageModels", "Programs", "Serving", .product(name: "Hummingbird", package: "hummingbird")]),
        library("SimulatedLM", ["JSON", "Serving", .product(name: "Hummingbird", package: "hummingbird")]),
        library(
            "Nightshift",
            [
                "CEventPoll", "Coordinator", "Evaluation", "Gateway", "Hashing", "JSON", "LanguageModels", "Monitoring", "Optimizers",
                "Postgres",
                "PrivateCluster", "ProgramMetrics", "Programs", "Randomness", "Retrieval", "SearchSimulation", "Store", "Studies",
                "Surrogates", "Tools", "Worker",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        .executableTarget(name: "nightshift-cli", dependencies: ["CTCMalloc", "Nightshift"], swiftSettings: settings),
        .executableTarget(
            name: "simlm",
            dependencies: ["JSON", "SimulatedLM", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),

        // What a user's own executable looks like.
        .executableTarget(
            name: "routing-example", dependencies: ["Nightshift"], path: "Examples/SwiftProgram", exclude: ["study.yaml"],
            swiftSettings: settings),
        .executableTarget(
            name: "nightshift-examples", dependencies: ["Nightshift"], path: "Examples/Programs", swiftSettings: settings),

        // Throws millions of answers at the parsers.
        .executableTarget(name: "parser-fuzz", dependencies: ["JSON", "Programs", "Randomness"], swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["Postgres", "PrivateCluster"], path: "Tests/TestSupport", swiftSettings: settings),
        tests("CoordinatorTests", ["Coordinator", "JSON", "Optimizers", "Programs", "Store", "Studies"]),
        tests(
            "GatewayTests",
            [
                "Gateway", "HTTP", "JSON", "LanguageModels", "Programs", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        tests("HTTPTests", ["HTTP", "TestSupport"]),
        tests(
            "IntegrationTests",
            [
                "JSON", "Postgres", "Programs", "SimulatedLM", "TestSupport", "nightshift-cli", "nightshift-examples", "routing-example",
                "simlm",
            ], exclude: ["Peers"]),
        tests(
            "LanguageModelsTests",
            [
                "HTTP", "JSON", "LanguageModels", "Monitoring", "Programs", "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        tests("LayerTests"),
        tests("MonitoringTests", ["Monitoring"]),
        tests(
            "NightshiftTests",
            [
                "Gateway", "JSON", "LanguageModels", "Monitoring", "Nightshift", "Postgres", "Programs", "Store", "Studies", "TestSupport",
            ]),
        tests("OptimizersTests", ["JSON", "Optimizers", "Programs", "Randomness", "Surrogates"]),
        tests("PostgresTests", ["Postgres", "PrivateCluster", "TestSupport"]),
        tests("PrivateClusterTests", ["Postgres", "PrivateCluster", "TestSupport"]),
        tests("ProgramMetricsTests", ["JSON", "ProgramMetrics", "Programs", "TestSupport"], exclude: ["Parity"]),
        tests("ProgramsTests", ["JSON", "Programs", "Randomness", "TestSupport"], exclude: ["Parity"]),
        tests("RetrievalTests", ["HTTP", "JSON", "Programs", "Retrieval", "TestSupport"]),
        tests("ToolsTests", ["HTTP", "JSON", "Programs", "TestSupport", "Tools"]),
        tests("RandomnessTests", ["Randomness"]),
        tests("SearchSimulationTests", ["JSON", "Optimizers", "Programs", "Randomness", "SearchSimulation", "Surrogates"]),
        tests("SimulatedLMTests", ["JSON", "SimulatedLM"]),
        tests(
            "StoreTests", ["Hashing", "JSON", "Migrations", "Postgres", "PrivateCluster", "Randomness", "Store", "TestSupport"]),
        tests("StudiesTests", ["JSON", "Optimizers", "ProgramMetrics", "Programs", "Studies"]),
        tests("SurrogatesTests", ["JSON", "Randomness", "Surrogates"]),
        tests("TutorialTests", ["JSON", "Nightshift", "ProgramMetrics", "Programs", "SimulatedLM"]),
        tests("WorkerTests", ["Evaluation", "JSON", "Postgres", "Programs", "Store", "Studies", "TestSupport", "Worker"]),
    ],
    swiftLanguageModes: [.v6]
)
