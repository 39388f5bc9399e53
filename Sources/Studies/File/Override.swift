/// One `--set key.path=value`.
struct Override {
    struct Failure: Error {
        var message: String
    }

    var place: Place
    var steps: [String]
    var value: SourceNode

    /// List positions are written as a step of their own or in brackets: `steps.0.topic`, `steps[0].topic`.
    init(_ argument: String) throws(Failure) {
        place = .flag("--set \(argument)")
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
            throw Failure(message: "expected key.path=value")
        }
        let key = argument[..<equals].replacing(/\[([0-9]+)\]/) { ".\($0.output.1)" }
        steps = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !steps.contains("") else { throw Failure(message: "the path has an empty step") }
        do {
            var reader = YAMLReader(place: place)
            value =
                try reader.read(String(argument[argument.index(after: equals)...]))
                ?? SourceNode(place: place, content: .scalar("", isPlain: true))
        } catch {
            throw Failure(message: error.message)
        }
    }

    /// Sets the value in `root`; sections that are missing on the way are made. Whether the key exists is for validation.
    func apply(to root: inout SourceNode) throws(Failure) {
        try set(steps[...], in: &root, walked: [])
    }

    private func set(_ steps: ArraySlice<String>, in node: inout SourceNode, walked: [String]) throws(Failure) {
        guard let step = steps.first else {
            node = value
            return
        }
        switch node.content {
        case .mapping(var members):
            let position = members.firstIndex { $0.key == step }
            let empty = SourceNode(place: place, content: .mapping([]))
            var member = position.map { members[$0] } ?? SourceNode.Member(key: step, place: place, value: empty)
            try set(steps.dropFirst(), in: &member.value, walked: walked + [step])
            if steps.count == 1 { member.place = place }
            if let position { members[position] = member } else { members.append(member) }
            node.content = .mapping(members)
        case .list(var elements):
            guard let index = Int(step), (0...elements.count).contains(index) else {
                let list = walked.joined(separator: ".")
                throw Failure(message: "\(list) is a list of \(elements.count): '\(step)' is not a position in it")
            }
            var element =
                index < elements.count ? elements[index] : SourceNode(place: place, content: .mapping([]))
            try set(steps.dropFirst(), in: &element, walked: walked + [step])
            if index < elements.count { elements[index] = element } else { elements.append(element) }
            node.content = .list(elements)
        case .scalar("", isPlain: true):
            node.content = .mapping([])
            try set(steps, in: &node, walked: walked)
        case .scalar:
            throw Failure(message: "\(walked.joined(separator: ".")) is \(node.kindName), so it has no '\(step)'")
        }
    }
}
