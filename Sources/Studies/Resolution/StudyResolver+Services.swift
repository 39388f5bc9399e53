internal import JSON
internal import Programs
internal import Retrieval
internal import Tools

extension StudyResolver {
    static let serviceKeys = ["retrievers", "tools", "code_execution"]

    /// The retrievers and tools of the program's section, with the corpora that their files hold.
    mutating func resolveServices() -> StudyServices {
        var services = StudyServices()
        guard let program = file.root["program"]?.objectValue else { return services }
        let path = JSONPath([.key("program")])
        let retrievers = members(of: program["retrievers"], at: path.appending("retrievers"), what: "retrievers")
        for (name, section) in retrievers {
            let path = path.appending("retrievers").appending(name)
            do throws(Diagnostics) {
                services.retrievers[name] = withCorpus(try RetrieverSpec(section: section, path: JSONPath()), at: path)
            } catch {
                take(error.all, under: path)
            }
        }
        for (name, section) in members(of: program["tools"], at: path.appending("tools"), what: "tools") {
            do throws(Diagnostics) {
                let tool = try ToolSpec(section: section, name: name)
                services.tools[name] = tool
                check(tool, among: retrievers.map(\.0), at: path.appending("tools").appending(name))
            } catch {
                take(error.all, under: path.appending("tools").appending(name))
            }
        }
        if let value = program["code_execution"], !value.isNull {
            if let flag = value.boolValue {
                services.runsCode = flag
            } else if program["swift"] != nil {
                // Of a declared program it is told where the steps are read.
                refuse(path.appending("code_execution"), "is true or false, not \(value.serialized())")
            }
        }
        return services
    }

    private mutating func members(of value: JSON?, at path: JSONPath, what: String) -> [(String, JSON)] {
        guard let value, !value.isNull else { return [] }
        guard let object = value.objectValue else {
            refuse(path, "\(what) is a section with a name for each, not \(value.kindName)")
            return []
        }
        return object.map { ($0.key, $0.value) }
    }

    private mutating func check(_ tool: ToolSpec, among retrievers: [String], at path: JSONPath) {
        guard case .retriever(let name, _) = tool.source, !retrievers.contains(name) else { return }
        refuse(path.appending("retriever"), unknown("retriever", name, known: retrievers))
    }

    /// A corpus file is read now: the study refers to what it holds.
    private mutating func withCorpus(_ spec: RetrieverSpec, at path: JSONPath) -> RetrieverSpec {
        guard case .file(let relative, let text, let id) = spec.corpus else { return spec }
        let corpusPath = file.resolve(relative)
        do throws(CorpusFaults) {
            let corpus = try readCorpus(file: corpusPath, text: text, id: id)
            corpora[corpus.sha256] = corpus
            var spec = spec
            spec.corpus = .content(sha256: corpus.sha256)
            return spec
        } catch {
            refuse(path.appending("corpus"), error.description(file: corpusPath))
            return spec
        }
    }
}
