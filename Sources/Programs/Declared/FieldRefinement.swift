internal import JSON

/// A step's `fields` entry: what the shorthand cannot say about a field.
struct FieldRefinement {
    static let keys = ["type", "enum", "desc", "description", "prefix", "default", "properties", "name"] + FieldLimits.keys

    let loadEnum: (String) throws -> [JSON]

    /// `field` as `section` refines it. What is wrong is reported, and the rest still applied.
    func apply(_ section: JSONObject, to field: Field, path: JSONPath, reader: inout SectionReader) -> Field {
        reader.check(keysOf: section, allowed: Self.keys, path: path, what: "field '\(field.name)'")
        let type = type(section, of: field, path: path, reader: &reader)
        let description = reader.string(section, "desc", path: path) ?? reader.string(section, "description", path: path)
        let limits = limits(section, of: type, path: path, reader: &reader)
        var defaultValue = section["default"] ?? field.defaultValue
        if let value = section["default"] {
            do throws(CastError) { defaultValue = try type.validated(value) } catch {
                reader.report(path.appending("default"), "the default \(error)")
            }
        }
        return Field(
            name: field.name, type: type, description: description ?? field.description, limits: limits,
            defaultValue: defaultValue, prefix: reader.string(section, "prefix", path: path))
    }

    private func limits(_ section: JSONObject, of type: FieldType, path: JSONPath, reader: inout SectionReader) -> FieldLimits {
        var limits = JSONObject()
        for key in section.keys where FieldLimits.keys.contains(key) {
            guard let value = section[key] else { continue }
            let isLength = key.hasSuffix("_length")
            if !(isLength ? (value.intValue ?? -1) >= 0 : value.doubleValue != nil) {
                reader.report(path.appending(key), "'\(key)' is \(isLength ? "a count" : "a number"), not \(value.serialized())")
            } else if !type.mayHave(length: isLength) {
                let what = isLength ? "the length of texts, lists and objects" : "numbers"
                reader.report(path.appending(key), "'\(key)' limits \(what); the field is of type \(type.pythonName)")
            } else {
                limits[key] = value
            }
        }
        for (low, high) in [("ge", "le"), ("min_length", "max_length")] {
            guard let least = limits[low]?.doubleValue, let most = limits[high]?.doubleValue, least > most else { continue }
            reader.report(path.appending(high), "'\(high)' is below '\(low)': no value would be within the limits")
        }
        return FieldLimits(limits)
    }

    private func type(_ section: JSONObject, of field: Field, path: JSONPath, reader: inout SectionReader) -> FieldType {
        var type = field.type
        if let text = reader.string(section, "type", path: path) {
            do throws(SignatureError) { type = try FieldType(parsing: text) } catch {
                reader.report(path.appending("type"), error.message)
            }
        }
        if let values = section["enum"] {
            guard let literal = literal(values, path: path.appending("enum"), reader: &reader) else { return type }
            guard let refined = type.replacing(.string, by: literal) else {
                reader.report(
                    path.appending("enum"), "an enum refines a str, or a list or Optional of it, not \(type.pythonName)")
                return type
            }
            return refined
        }
        guard let properties = section["properties"] else {
            if section["name"] != nil {
                reader.report(path.appending("name"), "'name' names an object type; it needs 'properties'")
            }
            return type
        }
        let name = reader.string(section, "name", path: path) ?? Self.typeName(field.name)
        guard let object = object(properties, name: name, path: path.appending("properties"), reader: &reader) else {
            return type
        }
        guard let refined = type.replacing(.object(.open), by: object) else {
            reader.report(
                path.appending("properties"), "properties refine an object, or a list or dict of objects, not \(type.pythonName)")
            return type
        }
        return refined
    }

    /// `line_item` → `LineItem`.
    private static func typeName(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func literal(_ value: JSON, path: JSONPath, reader: inout SectionReader) -> FieldType? {
        var values: [JSON]
        switch value {
        case .array(let list): values = list
        case .string(let file):
            do { values = try loadEnum(file) } catch {
                reader.report(path, "\(error)")
                return nil
            }
        default:
            reader.report(path, "an enum is a list of values or the name of a JSON file with one, not \(value.kindName)")
            return nil
        }
        guard !values.isEmpty else {
            reader.report(path, "an enum needs at least one value")
            return nil
        }
        for (index, member) in values.enumerated() {
            switch member {
            case .string, .int, .bool: break
            default:
                reader.report(
                    path.appending(index), "a value of an enum is a string, an integer or a boolean, not \(member.kindName)")
            }
            if values[..<index].contains(member) { reader.report(path.appending(index), "\(member.serialized()) appears twice") }
        }
        return .literal(values)
    }

    private func object(_ value: JSON, name: String, path: JSONPath, reader: inout SectionReader) -> FieldType? {
        guard let members = reader.object(value, path: path, what: "properties") else { return nil }
        guard !members.isEmpty else {
            reader.report(path, "an object type needs at least one property")
            return nil
        }
        let properties = members.map { key, value in property(key, value, path: path.appending(key), reader: &reader) }
        return .object(ObjectType(name: name, properties: properties))
    }

    /// A property is its type, `qty: int`, or an object as a field's is.
    private func property(_ name: String, _ value: JSON, path: JSONPath, reader: inout SectionReader) -> ObjectType.Property {
        let section: JSONObject
        switch value {
        case .string: section = ["type": value]
        case .object(let members): section = members
        default:
            reader.report(
                path, "a property is a type, or an object with type, desc, default, enum or properties, not \(value.kindName)")
            return ObjectType.Property(name: name, type: .any)
        }
        for key in section.keys where FieldLimits.keys.contains(key) || key == "prefix" {
            reader.report(path.appending(key), "'\(key)' belongs to a field, not to a property")
        }
        let field = apply(section, to: Field(name: name), path: path, reader: &reader)
        return ObjectType.Property(name: name, type: field.type, description: field.description, defaultValue: field.defaultValue)
    }
}

extension FieldType {
    /// Whether some of its values have a length or, where `length` is false, are numbers.
    fileprivate func mayHave(length: Bool) -> Bool {
        switch self {
        case .any: true
        case .string, .list, .variadicTuple, .tuple, .dict, .object: length
        case .int, .float: !length
        case .bool, .none: false
        case .literal(let values): values.contains { length ? $0.stringValue != nil : $0.doubleValue != nil }
        case .union(let members): members.contains { $0.mayHave(length: length) }
        }
    }

    /// The type with `part` replaced wherever it stands as an element; nil where it does not occur.
    fileprivate func replacing(_ part: FieldType, by replacement: FieldType) -> FieldType? {
        if self == part { return replacement }
        switch self {
        case .list(let element?): return element.replacing(part, by: replacement).map { .list($0) }
        case .variadicTuple(let element): return element.replacing(part, by: replacement).map { .variadicTuple($0) }
        case .dict(let key?, let value?): return value.replacing(part, by: replacement).map { .dict(key, $0) }
        case .union(let members):
            guard let index = members.firstIndex(where: { $0.replacing(part, by: replacement) != nil }),
                let refined = members[index].replacing(part, by: replacement)
            else { return nil }
            return .makeUnion(members[..<index] + [refined] + members[(index + 1)...])
        default: return nil
        }
    }
}
