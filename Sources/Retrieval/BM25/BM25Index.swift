internal import Glibc

/// Ranks passages by the words that they share with a query.
///
/// Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.5): the
/// score of passage d is the sum over the query's words w, as often as they stand there, of
///
///     idf(w) · tf · (k1 + 1) / (tf + k1 · (1 − b + b · |d| / average length))
///
/// with tf the number of times that d has w and |d| its length in words. idf(w) = ln(1 + (N − n + ½) / (n + ½)) for n of N
/// passages that have w: Lucene's form, which is never negative.
package struct BM25Index: Sendable {
    private let parameters: BM25Parameters
    private let terms: [String: Int32]
    /// Where each term's postings start; one more than there are terms.
    private let starts: [Int32]
    /// The passages that have a term, in ascending order, and how often they have it.
    private let postingPassages: [Int32]
    private let postingCounts: [Int32]
    /// k1 · (1 − b + b · |d| / average length), by passage.
    private let lengthFactors: [Double]

    /// How many passages there are.
    package var count: Int { lengthFactors.count }

    /// - Precondition: fewer than 2³¹ pairs of a passage and a word of it.
    package init(_ texts: some Sequence<String>, parameters: BM25Parameters = BM25Parameters()) {
        var collection = PostingCollection()
        for text in texts { collection.add(text) }
        self.parameters = parameters
        terms = collection.terms
        (starts, postingPassages, postingCounts) = collection.sorted()
        let average = max(1, Double(collection.lengths.reduce(0) { $0 + Int($1) })) / Double(max(1, collection.lengths.count))
        lengthFactors = collection.lengths.map { parameters.k1 * (1 - parameters.b + parameters.b * Double($0) / average) }
    }

    /// The at most `limit` best passages that share a word with the query, best first; of equal scores the first in the corpus.
    package func search(_ query: String, limit: Int) -> [(number: Int, score: Double)] {
        guard limit > 0, count > 0 else { return [] }
        var scores = [Double](repeating: 0, count: count)
        for (term, weight) in weightedTerms(of: query) { add(term, weight * inverseFrequency(term), to: &scores) }
        var top = TopRanks(limit: limit)
        // Numbers ascend: once the heap is full, only a higher score than its worst gets in.
        var least = 0.0
        for number in scores.indices where scores[number] > least {
            top.offer(Rank(number: Int32(number), score: scores[number]))
            least = top.worstScore ?? 0
        }
        return top.sorted.map { (Int($0.number), $0.score) }
    }

    /// The query's terms that any passage has, in the query's order, with their counts there.
    private func weightedTerms(of query: String) -> [(term: Int, weight: Double)] {
        var found: [(term: Int, weight: Double)] = []
        var positions: [Int32: Int] = [:]
        eachWord(of: query) { word in
            guard let term = terms[word] else { return }
            if let position = positions[term] {
                found[position].weight += 1
            } else {
                positions[term] = found.count
                found.append((Int(term), 1))
            }
        }
        return found
    }

    private func inverseFrequency(_ term: Int) -> Double {
        let frequency = Double(starts[term + 1] - starts[term])
        return log(1 + (Double(count) - frequency + 0.5) / (frequency + 0.5))
    }

    private func add(_ term: Int, _ weight: Double, to scores: inout [Double]) {
        let range = Int(starts[term])..<Int(starts[term + 1])
        let scale = weight * (parameters.k1 + 1)
        for index in range {
            let passage = Int(postingPassages[index])
            let count = Double(postingCounts[index])
            scores[passage] += scale * count / (count + lengthFactors[passage])
        }
    }
}

/// Passages while they are read: the distinct words of each with their counts, one passage after the other.
private struct PostingCollection {
    private(set) var terms: [String: Int32] = [:]
    private(set) var lengths: [Int32] = []
    private var passageStarts: [Int32] = [0]
    private var postingTerms: [Int32] = []
    private var postingCounts: [Int32] = []
    private var frequencies: [Int32] = []
    /// Where each term's posting of the current passage lies, if it lies beyond that passage's start.
    private var lastPosting: [Int32] = []

    mutating func add(_ text: String) {
        let start = Int32(postingTerms.count)
        var length: Int32 = 0
        eachWord(of: text) { word in
            length += 1
            let term = number(of: word)
            let posting = lastPosting[term]
            if posting >= start {
                postingCounts[Int(posting)] += 1
            } else {
                lastPosting[term] = Int32(postingTerms.count)
                frequencies[term] += 1
                postingTerms.append(Int32(term))
                postingCounts.append(1)
            }
        }
        lengths.append(length)
        passageStarts.append(Int32(postingTerms.count))
    }

    private mutating func number(of word: String) -> Int {
        let next = Int32(frequencies.count)
        let term = terms[word, default: next]
        if term == next {
            terms[word] = term
            frequencies.append(0)
            lastPosting.append(-1)
        }
        return Int(term)
    }

    /// The same postings by term instead of by passage (a counting sort, which keeps the passages in order).
    func sorted() -> (starts: [Int32], passages: [Int32], counts: [Int32]) {
        var starts: [Int32] = [0]
        starts.reserveCapacity(frequencies.count + 1)
        for frequency in frequencies { starts.append((starts.last ?? 0) + frequency) }
        var next = starts
        var passages = [Int32](repeating: 0, count: postingTerms.count)
        var counts = passages
        for passage in lengths.indices {
            for posting in Int(passageStarts[passage])..<Int(passageStarts[passage + 1]) {
                let term = Int(postingTerms[posting])
                let place = Int(next[term])
                next[term] += 1
                passages[place] = Int32(passage)
                counts[place] = postingCounts[posting]
            }
        }
        return (starts, passages, counts)
    }
}
