private import Foundation
internal import Yams

/// Turns YAML text into ``SourceNode``s. Types are not decided by Yams, which follows YAML 1.1 (`no` is false, `1:30` is
/// 90): see ``JSON/init(plainScalar:)``.
struct YAMLReader {
    struct Failure: Error {
        var line: Int
        var message: String
    }

    /// Overrides the place of every value: for text that is not from the file.
    var place: Place?
    private var nodes = 0
    /// Aliases of aliases can grow exponentially.
    private static let nodeLimit = 200_000

    init(place: Place? = nil) { self.place = place }

    /// Nil for an empty document.
    mutating func read(_ text: String) throws(Failure) -> SourceNode? {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw Self.failure(error, text)
        } catch {
            throw Failure(line: 1, message: "\(error)")
        }
        return try node.map { node throws(Failure) in try convert(node, line: 1) }
    }

    private mutating func convert(_ node: Node, line parent: Int) throws(Failure) -> SourceNode {
        nodes += 1
        let line = node.mark?.line ?? parent
        guard nodes <= Self.nodeLimit else { throw Failure(line: line, message: "the aliases expand to too many values") }
        let content: SourceNode.Content
        switch node {
        case .scalar(let scalar):
            content = .scalar(scalar.string, isPlain: try isPlain(scalar, line: line))
        case .sequence(let sequence):
            var elements: [SourceNode] = []
            for element in sequence { elements.append(try convert(element, line: line)) }
            content = .list(elements)
        case .mapping(let mapping):
            content = .mapping(try members(mapping, line: line))
        case .alias:
            throw Failure(line: line, message: "this alias cannot be followed; repeat the value")
        }
        return SourceNode(place: place ?? .line(line), content: content)
    }

    private func isPlain(_ scalar: Node.Scalar, line: Int) throws(Failure) -> Bool {
        switch scalar.tag.description {
        case "": return scalar.style == .plain
        case "!", "tag:yaml.org,2002:str": return false
        case let tag: throw Failure(line: line, message: "the tag \(tag) is not supported; write the value without it")
        }
    }

    private mutating func members(_ mapping: Node.Mapping, line: Int) throws(Failure) -> [SourceNode.Member] {
        var own: [SourceNode.Member] = []
        var merged: [SourceNode.Member] = []
        for (key, value) in mapping {
            let keyLine = key.mark?.line ?? line
            guard case .scalar(let scalar) = key else { throw Failure(line: keyLine, message: "a key must be a string") }
            let member = SourceNode.Member(
                key: scalar.string, place: place ?? .line(keyLine), value: try convert(value, line: keyLine))
            guard scalar.string == "<<", scalar.style == .plain else {
                own.append(member)
                continue
            }
            merged += try mergeSources(member.value, line: keyLine)
        }
        for member in merged where !own.contains(where: { $0.key == member.key }) { own.append(member) }
        return own
    }

    /// The members that `<<: *alias` or `<<: [*a, *b]` brings, the nearest first.
    private func mergeSources(_ node: SourceNode, line: Int) throws(Failure) -> [SourceNode.Member] {
        switch node.content {
        case .mapping(let members): return members
        case .list(let nodes):
            var members: [SourceNode.Member] = []
            for node in nodes { members += try mergeSources(node, line: line) }
            return members
        case .scalar: throw Failure(line: line, message: "<< needs a section, such as an alias of one")
        }
    }

    private static func failure(_ error: YamlError, _ text: String) -> Failure {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let context = context.map { " \($0.text)" } ?? ""
            return Failure(line: mark.line, message: "not YAML: \(problem)\(context)")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            return Failure(line: context.mark.line, message: "the key \(names) is given twice; keep one")
        case .reader(let problem, let offset, _, _):
            let line = text.utf8.prefix(offset ?? 0).count { $0 == UInt8(ascii: "\n") } + 1
            return Failure(line: line, message: "not YAML: \(problem)")
        default:
            return Failure(line: 1, message: "not YAML: \(error)")
        }
    }
}
