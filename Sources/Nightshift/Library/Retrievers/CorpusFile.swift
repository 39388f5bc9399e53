internal import JSON
internal import Retrieval
internal import Studies

/// The passages of a corpus file.
func passages(inFile path: String, text: String, id: String?) throws(Diagnostics) -> [CorpusPassage] {
    do throws(CorpusFaults) {
        return try readCorpus(file: path, text: text, id: id).passages
    } catch {
        throw Diagnostics([Diagnostic(JSONPath(), error.description(file: path))])
    }
}
