internal import JSON
internal import Programs
internal import Store

func corpusJSON(_ corpus: CorpusRecord) -> JSON {
    [
        "name": corpus.name.map(JSON.string) ?? .null, "sha256": .string(corpus.sha256), "passages": .int(corpus.size),
        "embeddings": .array(corpus.embeddings.map { ["model": .string($0.model), "dimensions": .int($0.dimensions)] }),
        "loaded_at": .string(corpus.loadedAt),
    ]
}

func passageJSON(_ passage: Passage) -> JSON {
    [
        "id": passage.id.map(JSON.string) ?? .null, "text": .string(passage.text),
        "score": passage.score.map(JSON.double) ?? .null,
    ]
}
