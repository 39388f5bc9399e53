import Nightshift

/// The examples' programs in one executable, which has the whole command line: `program: {swift: sentiment}` in a study file.
///
///     swift run -c release nightshift-examples compile Examples/sentiment/study-swift.yaml
@main struct Tool {
    static func main() async {
        await Nightshift.main(programs: [
            .init("sentiment", Sentiment.self),
            .init("question_answering", QuestionAnswering.self),
            .init("retrieval", RetrievalPipeline.self),
            .init("retrieval_checked", CheckedRetrieval.self),
            .init("three_hops", ThreeHops.self),
        ])
    }
}
