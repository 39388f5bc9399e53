internal import Hashing
internal import JSON

/// One text of a corpus.
package struct CorpusPassage: Sendable, Hashable {
    /// What the corpus calls it, where it calls it anything.
    package var id: String?
    package var text: String

    package init(id: String? = nil, text: String) {
        self.id = id
        self.text = text
    }
}

/// Passages in their order, and the hash that stands for them.
package struct Corpus: Sendable, Hashable {
    package let passages: [CorpusPassage]
    /// SHA-256 over the passages in order, each as canonical JSON on a line of its own: neither the file's format nor its
    /// other fields count.
    package let sha256: String

    package init(_ passages: [CorpusPassage]) {
        self.passages = passages
        var bytes: [UInt8] = []
        for passage in passages {
            var object: JSONObject = ["text": .string(passage.text)]
            object["id"] = passage.id.map(JSON.string)
            bytes += JSON.object(object).bytes(.canonical)
            bytes.append(UInt8(ascii: "\n"))
        }
        sha256 = Hashing.sha256(bytes)
    }
}
