/// Which corpus a retriever searches.
package enum CorpusSource: Sendable, Hashable {
    /// A file, as the study file names it, and its fields with the text and the id. Resolving a study makes it a `content`.
    case file(path: String, text: String, id: String?)
    /// One that was loaded into the team's database under this name. Resolving a study makes it a `content`.
    case named(String)
    /// These passages and no others: what a stored study refers to.
    case content(sha256: String)
}
