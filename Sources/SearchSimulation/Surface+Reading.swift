package import JSON

extension Surface {
    /// Of one line of a file of surfaces, as `regret.py --export` writes them: an object with every parameter of the formula.
    ///
    /// - Throws: a ``Diagnostic`` naming the member that is missing, of another kind, of another shape or out of range.
    package init(json: JSON) throws(Diagnostic) {
        let reader = SurfaceMembers(json)
        cls = try reader.string("cls")
        seed = try reader.int("seed", atLeast: .min)
        predictors = try reader.int("predictors", atLeast: 1)
        let dimensions = 2 * predictors
        choices = try reader.wholeNumbers("choices", count: dimensions, from: 1)
        validation = try reader.int("validation", atLeast: 1)
        population = try reader.int("population", atLeast: 1)
        isPipeline = try reader.bool("pipeline")
        let examples = validation + population
        base = try reader.numbers("base", isPipeline ? [predictors] : [])
        width = try reader.count("A", 0)
        if let widest = choices.max(), widest > width { throw reader.error("A", "has \(width) columns, but \(widest) choices") }
        main = try reader.numbers("A", [dimensions, width])
        rank = try reader.count("U", 0)
        traits = try reader.numbers("U", [examples, rank])
        liking = try reader.numbers("Vd", [dimensions, width, rank])
        ease = try reader.numbers("b", isPipeline ? [predictors, examples] : [examples])
        pairs = try reader.pairs(dimensions: dimensions, width: width)
        needle = try reader.needle(choices: choices)
        optimum = try reader.numbers("optimum", [])[0]
    }
}

/// Reads the members of a surface, saying which one is not as expected.
private struct SurfaceMembers {
    let json: JSON
    let path: JSONPath

    /// What sizes an array is bounded, so that a slip in a file is an error and no crash.
    private static let most = 1 << 30

    init(_ json: JSON, path: JSONPath = JSONPath()) {
        self.json = json
        self.path = path
    }

    func error(_ key: String, _ message: String) -> Diagnostic { Diagnostic(path.appending(key), message) }

    func member(_ key: String) throws(Diagnostic) -> JSON {
        guard let value = json[key] else { throw error(key, "is missing") }
        return value
    }

    func string(_ key: String) throws(Diagnostic) -> String {
        let value = try member(key)
        guard let text = value.stringValue else { throw error(key, "expected a string, not \(value.kindName)") }
        return text
    }

    func bool(_ key: String) throws(Diagnostic) -> Bool {
        let value = try member(key)
        guard let flag = value.boolValue else { throw error(key, "expected true or false, not \(value.kindName)") }
        return flag
    }

    func int(_ key: String, atLeast least: Int) throws(Diagnostic) -> Int {
        let value = try member(key)
        guard let number = value.intValue else { throw error(key, "expected an integer, not \(value.kindName)") }
        guard least...Self.most ~= number else { throw error(key, "expected from \(least) to \(Self.most), not \(number)") }
        return number
    }

    func list(_ key: String) throws(Diagnostic) -> [JSON] {
        let value = try member(key)
        guard let list = value.arrayValue else { throw error(key, "expected a list, not \(value.kindName)") }
        return list
    }

    /// The length of element `index` of the list `key`.
    func count(_ key: String, _ index: Int) throws(Diagnostic) -> Int {
        let list = try list(key)
        guard index < list.count, let row = list[index].arrayValue else { throw error(key, "expected a list of lists") }
        return row.count
    }

    /// The numbers of nested lists of the given lengths, in their order; no lengths: a number.
    func numbers(_ key: String, _ shape: [Int]) throws(Diagnostic) -> [Double] {
        var numbers: [Double] = []
        numbers.reserveCapacity(shape.reduce(1, *))
        try collect(try member(key), shape[...], path.appending(key), into: &numbers)
        return numbers
    }

    func wholeNumbers(_ key: String, count: Int, from least: Int) throws(Diagnostic) -> [Int] {
        let list = try list(key)
        guard list.count == count else { throw error(key, "expected \(count) elements, not \(list.count)") }
        var numbers: [Int] = []
        for (index, element) in list.enumerated() {
            guard let number = element.intValue, least...Self.most ~= number else {
                throw Diagnostic(path.appending(key).appending(index), "expected a whole number from \(least)")
            }
            numbers.append(number)
        }
        return numbers
    }

    private func collect(
        _ value: JSON, _ shape: ArraySlice<Int>, _ path: JSONPath, into numbers: inout [Double]
    ) throws(Diagnostic) {
        guard let length = shape.first else {
            guard let number = value.doubleValue, number.isFinite else {
                throw Diagnostic(path, "expected a number, not \(value.kindName)")
            }
            return numbers.append(number)
        }
        guard let list = value.arrayValue else { throw Diagnostic(path, "expected a list, not \(value.kindName)") }
        guard list.count == length else { throw Diagnostic(path, "expected \(length) elements, not \(list.count)") }
        for (index, element) in list.enumerated() {
            try collect(element, shape.dropFirst(), path.appending(index), into: &numbers)
        }
    }

    func pairs(dimensions: Int, width: Int) throws(Diagnostic) -> [Surface.Pair] {
        var pairs: [Surface.Pair] = []
        for (index, element) in try list("pairs").enumerated() {
            let reader = SurfaceMembers(element, path: path.appending("pairs").appending(index))
            let (first, second) = (try reader.int("d", atLeast: 0), try reader.int("e", atLeast: 0))
            guard first < dimensions else { throw reader.error("d", "there are \(dimensions) dimensions: no \(first)") }
            guard second < dimensions else { throw reader.error("e", "there are \(dimensions) dimensions: no \(second)") }
            pairs.append(Surface.Pair(first: first, second: second, weights: try reader.numbers("W", [width, width])))
        }
        return pairs
    }

    func needle(choices: [Int]) throws(Diagnostic) -> Surface.Needle? {
        let value = try member("needle")
        if value.isNull { return nil }
        let reader = SurfaceMembers(value, path: path.appending("needle"))
        let dimensions = try reader.list("dims").compactMap(\.intValue)
        guard dimensions.count == (try reader.list("dims")).count, dimensions.allSatisfy(choices.indices.contains) else {
            throw reader.error("dims", "expected numbers of dimensions: 0…\(choices.count - 1)")
        }
        let chosen = try reader.wholeNumbers("choices", count: dimensions.count, from: 0)
        guard zip(dimensions, chosen).allSatisfy({ 0..<choices[$0] ~= $1 }) else {
            throw reader.error("choices", "a choice is beyond its dimension's")
        }
        return Surface.Needle(dimensions: dimensions, choices: chosen, height: try reader.numbers("height", [])[0])
    }
}
