internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Programs
internal import Retrieval
internal import Store
internal import Studies

struct CorpusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus", abstract: "Passages in the database, for programs that search them.",
        subcommands: [LoadCorpusCommand.self, ListCorporaCommand.self, SearchCorpusCommand.self])
}

struct LoadCorpusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load a file of passages: .jsonl, .json, .csv with a text field, or .txt with one a line.")

    @Argument(help: "The file with the passages.")
    var file: String

    @Option(help: "What study files call the corpus. Other content under the same name replaces what the name means.")
    var name: String

    @Option(help: "The field with the text.")
    var text = "text"

    @Option(help: "The field with the passage's id (default: id, where a row has one).")
    var id: String?

    @OptionGroup var embedding: EmbeddingOptions
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 < 0x20 }) else {
            throw CommandFailure(.badInput, "--name must be a word or two without control characters")
        }
        let model = try embedding.model()
        let corpus: Corpus
        do throws(CorpusFaults) { corpus = try readCorpus(file: file, text: text, id: id) } catch {
            throw CommandFailure(.badInput, error.description(file: file))
        }
        try await OpenStore.with(shared) { open in
            let load = CorpusLoad(store: open.store, corpus: corpus) { shared.say($0) }
            try await load.load(name: name)
            var usage = Usage.zero
            if let (model, modelName) = model {
                do { usage = try await load.embed(model, name: modelName) } catch let error as ServiceError {
                    throw CommandFailure(
                        .surroundings, "\(error.message). The corpus is loaded; the same command goes on embedding it")
                }
            }
            guard let record = try await open.store.corpus(named: name) else {
                throw CommandFailure(.surroundings, "the corpus '\(name)' is gone: somebody else has changed it meanwhile")
            }
            present(record, usage)
        }
    }

    private func present(_ corpus: CorpusRecord, _ usage: Usage) {
        if shared.json {
            Console.result(JSON.object(["corpus": corpusJSON(corpus), "usage": usage.json]).serialized(.python))
            return
        }
        let models = corpus.embeddings.map(\.model).joined(separator: ", ")
        let embeddings = models.isEmpty ? "" : ", embeddings by \(models)"
        Console.result("\(name): \(corpus.size.grouped) passages (\(corpus.sha256.prefix(12)))\(embeddings)")
    }
}

struct ListCorporaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the corpora of the database.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await OpenStore.with(shared, mustExist: true) { open in
            let corpora = try await open.store.corpora()
            if shared.json {
                Console.result(JSON.array(corpora.map(corpusJSON)).serialized(.python))
            } else {
                show(CorporaTable(style: .plain, width: nil).lines(corpora))
            }
        }
    }
}

struct SearchCorpusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Search a corpus as a retriever does: by its words, or by its embeddings with --embed.")

    @Argument(help: "The corpus's name.")
    var name: String

    @Argument(help: "What to search for.")
    var query: String

    @Option(name: .customShort("k"), help: "How many passages at most.")
    var count = 3

    @OptionGroup var embedding: EmbeddingOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard 1...1000 ~= count else { throw ValidationError("-k must be 1 to 1000, not \(count)") }
    }

    func run() async throws {
        let model = try embedding.model()
        try await OpenStore.with(shared, mustExist: true) { open in
            guard let corpus = try await open.store.corpus(named: name) else {
                let names = try await open.store.corpora().compactMap(\.name)
                let hint =
                    nearestName(to: name, in: names).map { "did you mean '\($0)'?" }
                    ?? "'nightshift corpus list' lists those that are there"
                throw CommandFailure(.badInput, "there is no corpus '\(name)'; \(hint)")
            }
            if let name = model?.name, !corpus.embeddings.contains(where: { $0.model == name }) {
                let known = corpus.embeddings.map(\.model).joined(separator: ", ")
                throw CommandFailure(
                    .badInput,
                    "the corpus '\(self.name)' has no embeddings by \(name) but by: \(known.isEmpty ? "none" : known); load it with --embed"
                )
            }
            let database = CorpusStore(open.store, connections: 1, patience: .none)
            let parts = RetrieverParts(corpora: database, database: database, embedding: model, environment: [:])
            let spec = RetrieverSpec(
                .postgres(.content(sha256: corpus.sha256), model == nil ? .text : .embeddings, BM25Parameters()))
            do {
                present(try await makeRetriever(spec, from: parts).retrieve(query, k: count).passages)
            } catch let error as ServiceError {
                throw CommandFailure(.surroundings, error.message)
            }
        }
    }

    private func present(_ passages: [Passage]) {
        if shared.json {
            let document: JSON = [
                "corpus": .string(name), "query": .string(query), "passages": .array(passages.map(passageJSON)),
            ]
            Console.result(document.serialized(.python))
        } else {
            show(PassagesTable(style: .plain, width: Terminal.standardOutput.size.columns).lines(passages))
        }
    }
}
