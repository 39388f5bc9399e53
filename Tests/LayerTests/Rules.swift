/// The rules of the layers. Each answers what breaks it, one sentence per finding.
enum Rule: String, CaseIterable {
    case everyTargetIsInTheTable
    case arrowsRunDown
    case ownImports
    case onlyNamedImporters
    case foreignImports
    case pureTargetsDoNoIO
    case plansAreDeterministic
    case sqlIsInTheStore

    func findings(in tree: SourceTree, layers: [Row] = layers) -> [String] {
        switch self {
        case .everyTargetIsInTheTable: missingTargets(tree, layers)
        case .arrowsRunDown: upwardArrows(tree, layers)
        case .ownImports: importsOfOurs(tree, layers)
        case .onlyNamedImporters: namedImporters(tree, layers)
        case .foreignImports: importsOfOthers(tree, layers)
        case .pureTargetsDoNoIO: impurities(tree)
        case .plansAreDeterministic: undeterminedPlans(tree)
        case .sqlIsInTheStore: strayQueries(tree)
        }
    }
}

private func missingTargets(_ tree: SourceTree, _ layers: [Row]) -> [String] {
    let rows = layers.map(\.target)
    let built = tree.manifest.targets.filter { !$0.isTest }.map(\.name)
    return Set(built).subtracting(rows).sorted().map { "Package.swift has the target \($0), the table of layers has not" }
        + Set(rows).subtracting(built).sorted().map { "the table of layers has the target \($0), Package.swift has not" }
        + Set(tree.files.values.map(\.target)).subtracting(rows).sorted().map { "the folder \($0) is no target of the table" }
}

/// The table's rows and the manifest's dependencies: whatever points only at rows above has no cycle either.
private func upwardArrows(_ tree: SourceTree, _ layers: [Row]) -> [String] {
    let height = Dictionary(layers.enumerated().map { ($1.target, $0) }) { first, _ in first }
    func arrows(_ source: String, _ from: String, _ to: some Sequence<String>) -> [String] {
        to.sorted().compactMap { name in
            guard let lower = height[name], let upper = height[from] else { return "\(source): \(from) → \(name): no such row" }
            return lower < upper ? nil : "\(source): the arrow \(from) → \(name) runs upwards"
        }
    }
    return layers.flatMap { arrows("table", $0.target, $0.mayImport) }
        + tree.manifest.targets.filter { !$0.isTest }.flatMap { arrows("Package.swift", $0.name, $0.dependencies) }
}

private func importsOfOurs(_ tree: SourceTree, _ layers: [Row]) -> [String] {
    let allowed = Dictionary(layers.map { ($0.target, $0.mayImport) }) { first, _ in first }
    return tree.sorted.flatMap { path, file in
        file.text.imports.filter { allowed[$0] != nil && !(allowed[file.target] ?? []).contains($0) }
            .map { "\(path): \(file.target) may not import \($0)" }
    }
}

private func namedImporters(_ tree: SourceTree, _ layers: [Row]) -> [String] {
    let fromTable = layers.flatMap { row in
        onlyImporters.filter { row.mayImport.contains($0.key) && !$0.value.contains(row.target) }
            .map { "the table lets \(row.target) import \($0.key)" }
    }
    return fromTable
        + tree.sorted.flatMap { path, file in
            file.text.imports.filter { !(onlyImporters[$0]?.contains(file.target) ?? true) }
                .map { "\(path): \($0) is imported by \(onlyImporters[$0, default: []].sorted().joined(separator: ", ")) alone" }
        }
}

private func importsOfOthers(_ tree: SourceTree, _ layers: [Row]) -> [String] {
    let ours = Set(layers.map(\.target))
    return tree.sorted.flatMap { path, file in
        file.text.imports.filter { !ours.contains($0) && !systemModules.contains($0) }.compactMap { module in
            let importers =
                packageModules[module]
                ?? packageModules.first { $0.key.hasSuffix("*") && module.hasPrefix($0.key.dropLast()) }?.value
            guard let importers else { return "\(path): no rule knows the module \(module)" }
            return importers.contains(file.target) ? nil : "\(path): \(file.target) may not import \(module)"
        }
    }
}

private func impurities(_ tree: SourceTree) -> [String] {
    let stale = pureExceptions.keys.filter { tree.files[$0] == nil }.sorted().map { "the exception \($0) is no file any more" }
    return stale
        + tree.sorted.filter { pureTargets.contains($0.file.target) }.flatMap { path, file in
            let imported = Set(file.text.imports).intersection(systemModules)
            let allowed = pureExceptions[path] ?? []
            return imported.subtracting(allowed).sorted().map { "\(path): a pure target imports \($0)" }
                + allowed.subtracting(imported).sorted().map { "\(path): the exception for \($0) is not needed" }
                + inputAndOutput.filter(file.text.words.contains).map { "\(path): a pure target uses \($0)" }
        }
}

private func undeterminedPlans(_ tree: SourceTree) -> [String] {
    tree.sorted.filter { deterministicTargets.contains($0.file.target) }.flatMap { path, file in
        (nondeterministicNames.filter(file.text.words.contains) + nondeterministicCalls.filter(file.text.code.contains))
            .map { "\(path): a plan depends on \($0)" }
    }
}

private func strayQueries(_ tree: SourceTree) -> [String] {
    tree.sorted.filter { !sqlTargets.contains($0.file.target) }.flatMap { path, file in
        ["SELECT", "INSERT", "UPDATE", "DELETE"].filter(file.text.literalWords.contains)
            .map { "\(path): SQL outside the store: \($0) …" }
    }
}
