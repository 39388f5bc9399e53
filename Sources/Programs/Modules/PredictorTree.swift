/// The predictors inside a module, found by reflection, with the paths that DSPy gives them.
struct PredictorTree {
    struct Node {
        var path: String
        var predict: Predict
        /// `Predict` or `ChainOfThought`.
        var module: String
    }

    private(set) var nodes: [Node] = []
    private var predictors: Set<ObjectIdentifier> = []
    private var objects: Set<ObjectIdentifier> = []

    init(of module: any Module) { visit(module, path: "", isElement: false) }

    private mutating func visit(_ value: Any, path: String, isElement: Bool) {
        if let predict = value as? Predict {
            add(predict, path: path.isEmpty ? "self" : path, module: "Predict")
        } else if let thought = value as? ChainOfThought {
            add(thought.predict, path: path.isEmpty ? "predict" : path + ".predict", module: "ChainOfThought")
        } else {
            visitChildren(of: value, path: path, isElement: isElement)
        }
    }

    /// The same predictor may be reached twice; its first path counts.
    private mutating func add(_ predict: Predict, path: String, module: String) {
        guard predictors.insert(ObjectIdentifier(predict.identity)).inserted else { return }
        nodes.append(Node(path: path, predict: predict, module: module))
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
