internal import JSON

/// How far two JSON values agree: which of their parts, from the root down to scalars, are equal.
struct JSONAgreement {
    private(set) var equal = 0
    private(set) var total = 0
    /// The paths of parts that differ, in order; a part that only one side has is one.
    private(set) var differing: [JSONPath] = []

    init(_ answer: JSON, _ reference: JSON) { compare(answer, reference, path: JSONPath()) }

    var isComplete: Bool { equal == total }

    /// 0…1.
    var share: Double { Double(equal) / Double(total) }

    private mutating func compare(_ answer: JSON?, _ reference: JSON?, path: JSONPath) {
        switch (answer, reference) {
        case (.object(let answer), .object(let reference)) where !answer.isEmpty || !reference.isEmpty:
            let keys = reference.keys + answer.keys.filter { reference[$0] == nil }
            for key in keys { compare(answer[key], reference[key], path: path.appending(key)) }
        case (.array(let answer), .array(let reference)) where !answer.isEmpty || !reference.isEmpty:
            for index in 0..<max(answer.count, reference.count) {
                compare(
                    index < answer.count ? answer[index] : nil, index < reference.count ? reference[index] : nil,
                    path: path.appending(index))
            }
        default:
            let isEqual = answer == reference || areSameNumber(answer, reference)
            let parts = max(Self.parts(answer), Self.parts(reference))
            total += parts
            equal += isEqual ? parts : 0
            if !isEqual { differing.append(path) }
        }
    }

    /// How many scalars a value holds; an empty list or object counts as one.
    private static func parts(_ value: JSON?) -> Int {
        switch value {
        case .object(let object): max(1, object.values.reduce(0) { $0 + parts($1) })
        case .array(let list): max(1, list.reduce(0) { $0 + parts($1) })
        default: 1
        }
    }
}

/// Whether both are numbers and equal, however written. Two integers are compared as such: a Double holds 53 bits only.
func areSameNumber(_ a: JSON?, _ b: JSON?) -> Bool {
    if case (.int(let a), .int(let b)) = (a, b) { return a == b }
    guard let a = a?.doubleValue, let b = b?.doubleValue else { return false }
    return a == b
}
