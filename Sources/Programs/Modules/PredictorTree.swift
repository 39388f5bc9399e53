internal import JSON

/// A module whose parts have other names than its stored properties.
protocol ComposedModule: Module {
    /// In order, with the names that a DSPy module would have as attributes; an empty name adds nothing to the path, `[0]` is an
    /// element of a list.
    var parts: [(name: String, part: any Module)] { get }
    /// What the module takes and gives as a whole, where its parts ask each other for more; nil: what they do.
    var wholeSignature: Signature? { get }
}

extension ComposedModule {
    var wholeSignature: Signature? { nil }
}

/// A module with a value that an optimiser may choose.
protocol ParameterizedModule: Module {
    var identity: ModuleIdentity { get }
    /// By name; those without a choice are left out.
    var choices: [(name: String, values: [JSON], initial: JSON)] { get }
}

/// The predictors inside a module, found by reflection, with the paths that DSPy gives them.
struct PredictorTree {
    struct Node {
        var path: String
        var predict: Predict
        /// `Predict` or `ChainOfThought`.
        var module: String
    }

    private(set) var nodes: [Node] = []
    /// What the modules take and give, in order: of predictors, and of modules that hide what their predictors ask each other.
    private(set) var signatures: [Signature] = []
    private(set) var parameters: [ParameterDescription] = []
    /// Of everything that a running module looks itself up by.
    private(set) var paths: [ObjectIdentifier: String] = [:]
    private var objects: Set<ObjectIdentifier> = []

    init(of module: any Module) { visit(module, path: "", isElement: false) }

    private mutating func visit(_ value: Any, path: String, isElement: Bool) {
        switch value {
        case let predict as Predict: add(predict, path: path.isEmpty ? "self" : path, module: "Predict")
        case let thought as ChainOfThought:
            add(thought.predict, path: path.isEmpty ? "predict" : path + ".predict", module: "ChainOfThought")
        case let module as any ComposedModule:
            let before = signatures
            defer { if let whole = module.wholeSignature { signatures = before + [whole] } }
            for (name, part) in module.parts {
                visit(
                    part, path: path + (path.isEmpty || name.isEmpty || name.hasPrefix("[") ? name : ".\(name)"), isElement: false
                )
            }
        // A corpus may hang on them; no predictor does.
        case is any Retriever, is any Tool, is any CodeSandbox, is any LanguageModel, is JSON, is JSONObject, is Signature: return
        default:
            if let module = value as? any ParameterizedModule { add(parametersOf: module, path: path) }
            visitChildren(of: value, path: path, isElement: isElement)
        }
    }

    /// The same predictor may be reached twice; its first path counts.
    private mutating func add(_ predict: Predict, path: String, module: String) {
        guard paths[ObjectIdentifier(predict.identity)] == nil else { return }
        paths[ObjectIdentifier(predict.identity)] = path
        nodes.append(Node(path: path, predict: predict, module: module))
        var signature = predict.signature
        // Nobody grades the reasoning.
        if module == "ChainOfThought" { signature.outputs.removeAll { $0.name == "reasoning" } }
        signatures.append(signature)
    }

    private mutating func add(parametersOf module: any ParameterizedModule, path: String) {
        guard paths[ObjectIdentifier(module.identity)] == nil else { return }
        paths[ObjectIdentifier(module.identity)] = path
        for (name, values, initial) in module.choices {
            parameters.append(
                ParameterDescription(path: path.isEmpty ? name : "\(path).\(name)", choices: values, initial: initial))
        }
    }

    private mutating func visitChildren(of value: Any, path: String, isElement: Bool) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: for child in mirror.children { visit(child.value, path: path, isElement: isElement) }
        // As in DSPy, lists within lists are not searched.
        case .collection, .tuple:
            if isElement { return }
            for (index, child) in mirror.children.enumerated() { visit(child.value, path: "\(path)[\(index)]", isElement: true) }
        case .dictionary: if !isElement { visit(dictionary: mirror, path: path) }
        case .class:
            guard objects.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
            visit(properties: mirror, path: path)
        case .struct: visit(properties: mirror, path: path)
        default: break
        }
    }

    /// A Swift dictionary has no order of its own: its keys are sorted.
    private mutating func visit(dictionary: Mirror, path: String) {
        var entries: [(key: String, value: Any)] = []
        for child in dictionary.children {
            if let (key, value) = child.value as? (key: AnyHashable, value: Any) { entries.append(("\(key.base)", value)) }
        }
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { visit(value, path: "\(path)['\(key)']", isElement: true) }
    }

    private mutating func visit(properties: Mirror, path: String) {
        if let inherited = properties.superclassMirror { visit(properties: inherited, path: path) }
        for child in properties.children {
            guard let label = child.label else { continue }
            visit(child.value, path: path.isEmpty ? label : "\(path).\(label)", isElement: false)
        }
    }
}
