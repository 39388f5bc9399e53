import Testing

/// The checkout keeps the rules of its layers.
@Suite struct LayerTests {
    @Test(arguments: Rule.allCases)
    func checkoutKeeps(_ rule: Rule) throws {
        let findings = rule.findings(in: try SourceTree.checkout.get())
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// The rules say nothing of files that they don't see.
    @Test func everyTargetHasItsSources() throws {
        let tree = try SourceTree.checkout.get()
        let withSources = Set(tree.files.values.map(\.target))
        // C targets have no Swift sources, and the examples lie outside Sources.
        let cTargets = Set(layers.map(\.target).filter { $0.hasPrefix("CLib") } + ["CEventPoll", "CSandbox", "CTCMalloc"])
        for row in layers
        where !cTargets.contains(row.target) && !row.target.hasSuffix("example") && !row.target.hasSuffix("examples") {
            #expect(withSources.contains(row.target), "no Swift file of \(row.target) was found")
        }
        #expect(tree.manifest.targets.contains { $0.name == "Nightshift" && $0.dependencies.contains("Worker") })
        #expect(tree.manifest.targets.contains { $0.name == "SimulatedLM" && $0.dependencies == ["JSON", "Serving"] })
        #expect(tree.manifest.targets.contains { $0.isTest })
    }
}
