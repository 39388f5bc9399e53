/// One target and which of our targets its sources may import.
struct Row {
    var target: String
    var mayImport: Set<String>

    init(_ target: String, _ mayImport: Set<String> = []) {
        self.target = target
        self.mayImport = mayImport
    }
}

/// The layers of docs/architecture.md: a target may import only what stands above it here.
let layers: [Row] = [
    // C libraries of the system.
    Row("CEventPoll"),
    Row("CLibcrypto"),
    Row("CLibcurl"),
    Row("CLibpq"),
    Row("CTCMalloc"),

    // Values without I/O.
    Row("JSON"),
    Row("Hashing", ["CLibcrypto"]),
    Row("Randomness"),
    Row("Programs", ["Hashing", "JSON"]),
    Row("ProgramMetrics", ["JSON", "Programs"]),
    Row("Surrogates", ["Randomness"]),
    Row("Optimizers", ["JSON", "Programs", "Randomness", "Surrogates"]),
    Row("SearchSimulation", ["JSON", "Optimizers", "Programs", "Randomness", "Surrogates"]),

    // I/O.
    Row("EventLoop", ["CEventPoll"]),
    Row("HTTP", ["CLibcurl", "EventLoop"]),
    Row("Processes", ["CEventPoll"]),
    Row("CSandbox"),
    Row("Retrieval", ["Hashing", "HTTP", "JSON", "Programs"]),
    Row("Tools", ["CSandbox", "EventLoop", "HTTP", "JSON", "Processes", "Programs"]),
    Row("LanguageModels", ["Hashing", "HTTP", "JSON", "Programs"]),
    Row("Postgres", ["CLibpq", "EventLoop"]),
    Row("PrivateCluster", ["Hashing", "Processes"]),
    Row("Migrations"),
    Row("Store", ["Hashing", "JSON", "Migrations", "Postgres"]),

    // The system.
    Row("Studies", ["Hashing", "JSON", "Optimizers", "ProgramMetrics", "Programs", "Retrieval", "Tools"]),
    Row("Evaluation", ["Hashing", "JSON", "Optimizers", "ProgramMetrics", "Programs", "Studies"]),
    Row("Coordinator", ["JSON", "Optimizers", "Programs", "Store", "Studies"]),
    Row("Worker", ["Evaluation", "JSON", "Programs", "Store", "Studies"]),
    Row("Serving"),
    Row("Gateway", ["JSON", "LanguageModels", "Programs", "Serving"]),
    Row("SimulatedLM", ["JSON", "Serving"]),
    Row("Monitoring", ["Serving"]),
    Row(
        "Nightshift",
        [
            "CEventPoll", "Coordinator", "Evaluation", "Gateway", "Hashing", "JSON", "LanguageModels", "Monitoring", "Optimizers",
            "Postgres",
            "PrivateCluster", "ProgramMetrics", "Programs", "Randomness", "Retrieval", "SearchSimulation", "Store", "Studies",
            "Surrogates", "Tools", "Worker",
        ]),

    // Executables, and what only tests use.
    Row("nightshift-cli", ["CTCMalloc", "Nightshift"]),
    Row("simlm", ["JSON", "SimulatedLM"]),
    Row("routing-example", ["Nightshift"]),
    Row("nightshift-examples", ["Nightshift"]),
    Row("parser-fuzz", ["JSON", "Programs", "Randomness"]),
    Row("TestSupport", ["Postgres", "PrivateCluster"]),
]

/// Targets whose only importers are named by the rule itself, however the table grows.
let onlyImporters: [String: Set<String>] = [
    "CLibcrypto": ["Hashing"], "CLibcurl": ["HTTP"], "CLibpq": ["Postgres"], "CTCMalloc": ["nightshift-cli"],
]

/// Which targets may import a module of a package that is not ours; a prefix ends with `*`.
let packageModules: [String: Set<String>] = [
    "ArgumentParser": ["Nightshift", "simlm"],
    "CoreMetrics": ["Coordinator", "LanguageModels", "Monitoring", "Nightshift", "Worker"],
    "HTTPTypes": ["Gateway", "Monitoring", "SimulatedLM"],
    "Hummingbird": ["Gateway", "Monitoring", "Serving", "SimulatedLM", "simlm"],
    "Logging": ["Serving"],
    "NIO*": ["Gateway", "Monitoring", "Serving", "SimulatedLM", "simlm"],
    "Yams": ["Studies"],
]

/// Modules of the toolchain. Pure targets import none of them but for ``pureExceptions``.
let systemModules: Set<String> = ["Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization"]

/// Targets that compute and do nothing else.
let pureTargets: Set<String> = ["Hashing", "JSON", "Optimizers", "ProgramMetrics", "Programs", "Randomness", "Surrogates"]

/// The files of pure targets that import a system module, and what for.
let pureExceptions: [String: Set<String>] = [
    // A compiled program is written whole or not at all: open, fsync, rename. The one file of them all that touches a disk.
    "Sources/Programs/State/StateFile+Disk.swift": ["Glibc", "Musl"],
    // Mutexes: a program may call its predictors at the same time, and all of them add to one trace and one log.
    "Sources/Programs/Running/RunRecorder.swift": ["Synchronization"],
    "Sources/Programs/Running/ReplayLog.swift": ["Synchronization"],
    // The time that an example's calls wait: they may be made at the same time.
    "Sources/Programs/LanguageModel/WaitMeter.swift": ["Synchronization"],
    // What `configure` sets for the whole process.
    "Sources/Programs/Modules/Surroundings.swift": ["Synchronization"],
    // A regular expression is compiled once and is not Sendable.
    "Sources/Programs/Assertions/CheckPattern.swift": ["Synchronization"],
    // What a prompt says of its signature is written once.
    "Sources/Programs/Adapters/PromptFrames.swift": ["Synchronization"],
    // A typed signature's values, which reflection can reach but not set; and signatures made once per type.
    "Sources/Programs/Typed/SignatureProperty.swift": ["Synchronization"],
    "Sources/Programs/Typed/SignatureCache.swift": ["Synchronization"],
    // log, exp and erfc.
    "Sources/Surrogates/Elementary.swift": ["Foundation"],
    // Unicode's canonical decomposition.
    "Sources/Programs/Text/NormalizedText.swift": ["Foundation"],
    // Square roots and logarithms.
    "Sources/Surrogates/ParzenMixture.swift": ["Foundation"],
    "Sources/Optimizers/Study/Intervals.swift": ["Foundation"],
    "Sources/Optimizers/MIPRO/MIPROSchedule.swift": ["Foundation"],
    "Sources/Optimizers/BayesianSignature/BayesianSignatureSettings.swift": ["Foundation"],
    "Sources/Optimizers/GEPA/GEPASettings+Budget.swift": ["Foundation"],
]

/// What pure targets never name, whatever they import.
let inputAndOutput = ["DispatchQueue", "FileHandle", "FileManager", "ProcessInfo", "Thread", "URLRequest", "URLSession"]

/// What a plan never names: it would make its decisions depend on time, on a shared stream or on the process.
let nondeterministicNames: [String] = [
    "ContinuousClock", "Date", "DispatchTime", "Hasher", "SuspendingClock", "SystemRandomNumberGenerator", "Task", "UUID",
    "async", "hashValue", "randomElement", "withTaskGroup",
]

/// Calls that draw from the system's generator.
let nondeterministicCalls = [".random(", ".shuffle()", ".shuffled()"]

let deterministicTargets: Set<String> = ["Optimizers", "Surrogates"]

/// Where SQL may be written.
let sqlTargets: Set<String> = ["Migrations", "Store"]
