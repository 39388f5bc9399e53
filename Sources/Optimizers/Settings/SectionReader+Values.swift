internal import JSON
internal import Programs

extension SectionReader {
    /// null leaves the target as it is.
    mutating func text(_ key: String, into target: inout String?) {
        guard let member = member(key), !member.isNull else { return }
        guard let value = member.stringValue, !value.isEmpty else {
            return report(key, "expected a text, not \(member.stringValue == nil ? member.kindName : "an empty one")")
        }
        target = value
    }

    /// null leaves the target as it is.
    mutating func integers(_ key: String, in range: ClosedRange<Int>, into target: inout [Int]?) {
        guard let member = member(key), !member.isNull else { return }
        guard let list = member.arrayValue, !list.isEmpty else {
            return report(key, "expected a list of integers, such as [\(range.lowerBound), \(range.upperBound)]")
        }
        let values = list.compactMap(\.intValue)
        guard values.count == list.count, values.allSatisfy(range.contains), Set(values).count == values.count else {
            return report(key, "expected different integers from \(range.lowerBound) to \(range.upperBound)")
        }
        target = values
    }

    /// An object as it stands; null leaves the target as it is.
    mutating func object(_ key: String, into target: inout JSONObject) {
        guard let member = member(key), !member.isNull else { return }
        guard let value = member.objectValue else { return report(key, "expected an object, not \(member.kindName)") }
        target = value
    }

    /// A compiled program. A study file names its file, which has been read when the section comes here.
    mutating func state(_ key: String, into target: inout ProgramState?) {
        guard let member = member(key), !member.isNull else { return }
        guard member.objectValue != nil else {
            return report(key, "expected the file of a compiled program, not \(member.kindName)")
        }
        do throws(Diagnostic) { target = try ProgramState(json: member) } catch {
            report(key, "is no compiled program: \(error)")
        }
    }

    /// The section of another optimiser.
    /// - Parameter kinds: those that may stand here.
    mutating func kind(_ key: String, among kinds: [any KindSettings.Type], into target: inout any KindSettings) {
        guard let member = member(key), !member.isNull else { return }
        guard let members = member.objectValue else {
            return report(key, "expected an optimizer's section such as {kind: random_search}, not \(member.kindName)")
        }
        do throws(Diagnostics) {
            let kind = try OptimizerSettings.kind(members, among: kinds, path: path.appending(key))
            var reader = SectionReader(members, path: path.appending(key), isStored: isStored)
            target = kind.init(&reader)
            reader.finish(kind: kind.name, hints: OptimizerSettings.hints)
            take(reader.found)
        } catch {
            take(error.all)
        }
    }
}
