internal import JSON
internal import Programs

/// Reads a tool's section of a study file and collects what is wrong with it.
struct ToolSectionReader {
    private(set) var findings: [Diagnostic] = []

    struct Parts {
        var description: String
        var parameters: [Field]
        var source: ToolSpec.Source
    }

    /// nil after a report.
    mutating func tool(_ section: JSON, name: String) -> Parts? {
        let root = JSONPath()
        if name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil {
            report(root, "a tool's name has letters, digits and underscores, and '\(name)' has others")
        } else if name == "finish" {
            report(root, "'finish' is how an agent says that it is done; give the tool another name")
        }
        guard let object = object(section, root, "a tool") else { return nil }
        switch (object["http"], object["retriever"]) {
        case (let request?, nil):
            check(object, ["http", "desc", "parameters"], root, "a tool with http")
            return httpTool(object, request)
        case (nil, .some):
            check(object, ["retriever", "k", "desc"], root, "a tool with a retriever, whose only parameter is query")
            return retrieverTool(object)
        case (nil, nil):
            check(object, ["http", "retriever", "desc", "parameters", "k"], root, "a tool")
            report(root, "a tool needs 'http' (a request) or 'retriever' (the name of one)")
        case (.some, .some): report(root.appending("retriever"), "a tool has 'http' or 'retriever', not both")
        }
        return nil
    }

    // MARK: Kinds

    private mutating func retrieverTool(_ object: JSONObject) -> Parts? {
        let root = JSONPath()
        guard let name = string(object, "retriever", root) else { return nil }
        let k = object["k"] ?? 3
        guard let count = k.intValue, (1...1000).contains(count) else {
            report(root.appending("k"), "'k' is how many passages are asked for, from 1 to 1000, not \(k.serialized())")
            return nil
        }
        let description = object["desc"] == nil ? "Finds passages about a query." : string(object, "desc", root)
        return Parts(
            description: description ?? "", parameters: [RetrieverTool.query], source: .retriever(name, k: count))
    }

    private mutating func httpTool(_ object: JSONObject, _ request: JSON) -> Parts? {
        let root = JSONPath()
        if object["desc"] == nil { report(root, "a tool with http needs 'desc': the model must know what it does") }
        let description = string(object, "desc", root)
        let parameters = self.parameters(object["parameters"], root.appending("parameters"))
        guard let spec = self.request(request, root.appending("http")), let description else { return nil }
        for name in spec.url.names where !parameters.contains(where: { $0.name == name }) {
            let advice =
                nearestName(to: name, in: parameters.map(\.name)).map { "did you mean {\($0)}?" }
                ?? "add it: parameters: {\(name): {type: str, desc: …}}"
            report(root.appending("http").appending("url"), "{\(name)} is no parameter of the tool; \(advice)")
        }
        return Parts(description: description, parameters: parameters, source: .http(spec))
    }

    private mutating func request(_ value: JSON, _ path: JSONPath) -> HTTPToolSpec? {
        // The address alone stands for a GET request.
        let value = value.stringValue.map { ["url": .string($0)] } ?? value
        guard let object = object(value, path, "'http'") else { return nil }
        check(object, ["url", "method", "headers", "timeout", "result"], path, "'http'")
        if object["url"] == nil { report(path, "'http' needs 'url'") }
        var url: URLTemplate?
        if let text = string(object, "url", path) {
            do throws(URLTemplate.Problem) {
                url = try URLTemplate(text)
            } catch {
                report(path.appending("url"), "'url' \(error)")
            }
        }
        let name = string(object, "method", path) ?? "get"
        let method = HTTPToolSpec.Method(rawValue: name.lowercased())
        if method == nil { report(path.appending("method"), "'method' is get or post, not \"\(name)\"") }
        let headers = self.headers(object["headers"], path.appending("headers"))
        let timeout = self.timeout(object["timeout"], path.appending("timeout"))
        let result = string(object, "result", path).map { $0.split(separator: ".").map(String.init) } ?? []
        guard let url, let method, let timeout else { return nil }
        return HTTPToolSpec(url: url, method: method, headers: headers, timeout: timeout, result: result)
    }

    private mutating func headers(_ value: JSON?, _ path: JSONPath) -> [HeaderTemplate] {
        guard let value, let object = object(value, path, "'headers'") else { return [] }
        var headers: [HeaderTemplate] = []
        for (name, _) in object {
            guard let text = string(object, name, path) else { continue }
            do throws(HeaderTemplate.Problem) {
                headers.append(try HeaderTemplate(name: name, value: text))
            } catch {
                report(path.appending(name), error.description)
            }
        }
        return headers
    }

    private mutating func timeout(_ value: JSON?, _ path: JSONPath) -> Duration? {
        guard let value else { return .seconds(10) }
        let match = value.stringValue?.wholeMatch(of: /([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)/)
        if let match, let number = Double(match.output.1), number > 0 {
            return .seconds(number * (match.output.2 == "ms" ? 0.001 : match.output.2 == "m" ? 60 : 1))
        }
        report(path, "'timeout' is a time such as 10s or 500ms, not \(value.serialized())")
        return nil
    }

    // MARK: Parameters

    private mutating func parameters(_ value: JSON?, _ path: JSONPath) -> [Field] {
        guard let value, let object = object(value, path, "'parameters'") else { return [] }
        return object.compactMap { name, value in parameter(name, value, path.appending(name)) }
    }

    private mutating func parameter(_ name: String, _ value: JSON, _ path: JSONPath) -> Field? {
        guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
            report(path, "a parameter's name has letters, digits and underscores, and '\(name)' has others")
            return nil
        }
        // The type alone: `city: str`; nothing at all is a str.
        let value = value.stringValue.map { ["type": .string($0)] } ?? (value.isNull ? [:] : value)
        guard let object = object(value, path, "a parameter") else { return nil }
        check(object, ["type", "desc", "default"], path, "a parameter")
        var type = FieldType.string
        if let text = string(object, "type", path) {
            do throws(SignatureError) {
                type = try FieldType(parsing: text)
            } catch {
                report(path.appending("type"), "\(error)")
            }
        }
        return Field(name: name, type: type, description: string(object, "desc", path), defaultValue: object["default"])
    }

    // MARK: Values

    private mutating func report(_ path: JSONPath, _ message: String) { findings.append(Diagnostic(path, message)) }

    private mutating func check(_ object: JSONObject, _ allowed: [String], _ path: JSONPath, _ what: String) {
        for key in object.keys where !allowed.contains(key) {
            let hint = nearestName(to: key, in: allowed).map { "; did you mean '\($0)'?" } ?? "."
            report(path.appending(key), "unknown key '\(key)' in \(what)\(hint) Allowed: \(allowed.joined(separator: ", "))")
        }
    }

    private mutating func object(_ value: JSON, _ path: JSONPath, _ what: String) -> JSONObject? {
        if let object = value.objectValue { return object }
        report(path, "\(what) is an object with keys, not \(value.kindName)")
        return nil
    }

    /// nil where there is none, and after a report for another kind of value.
    private mutating func string(_ object: JSONObject, _ key: String, _ path: JSONPath) -> String? {
        guard let value = object[key] else { return nil }
        if let text = value.stringValue { return text }
        report(path.appending(key), "'\(key)' is a string, not \(value.kindName)")
        return nil
    }
}
