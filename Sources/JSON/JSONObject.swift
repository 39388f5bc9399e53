/// The members of a JSON object in the order in which they were written.
///
/// Two objects are equal when they hold the same members, whatever their order.
/// Objects here are small (fields of a signature, rows of a data set): lookup is a linear scan up to a few members and
/// an index beyond that.
public struct JSONObject: Sendable {
    /// In the order in which they were written.
    public private(set) var keys: [String] = []
    /// In the order of ``keys``.
    public private(set) var values: [JSON] = []
    /// Position by key; empty while the object is small enough to scan.
    private var index: [String: Int] = [:]
    private static let scanLimit = 12

    /// Without members.
    public init() {}

    /// The last value wins where a key is repeated; it keeps the first position, as in Python.
    public init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { self[key] = value }
    }

    /// How many members there are.
    public var count: Int { keys.count }
    /// Whether there are none.
    public var isEmpty: Bool { keys.isEmpty }

    private func position(of key: String) -> Int? {
        index.isEmpty ? keys.firstIndex(of: key) : index[key]
    }

    /// Setting nil removes the member; setting a new key appends it.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { values[$0] } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): values[position] = value
            case (nil, let value?):
                keys.append(key)
                values.append(value)
                if !index.isEmpty {
                    index[key] = keys.count - 1
                } else if keys.count > Self.scanLimit {
                    reindex()
                }
            case (let position?, nil):
                keys.remove(at: position)
                values.remove(at: position)
                index = [:]
                if keys.count > Self.scanLimit { reindex() }
            case (nil, nil): break
            }
        }
    }

    private mutating func reindex() {
        index = Dictionary(uniqueKeysWithValues: zip(keys, keys.indices))
    }

    /// The members of `other` added to, or replacing, those of this object.
    public func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for (key, value) in other { result[key] = value }
        return result
    }

    /// Only the members whose key satisfies `isIncluded`, in order.
    public func filter(_ isIncluded: (String) -> Bool) -> JSONObject {
        JSONObject(zip(keys, values).filter { isIncluded($0.0) })
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> AnyIterator<(key: String, value: JSON)> {
        var position = 0
        return AnyIterator {
            guard position < keys.count else { return nil }
            defer { position += 1 }
            return (keys[position], values[position])
        }
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter, as it does not for equality.
        hasher.combine(keys.reduce(0) { $0 ^ $1.hashValue })
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
