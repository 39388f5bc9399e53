/// A YAML value as it was written: scalars are still text, and every value knows its place.
struct SourceNode {
    indirect enum Content {
        /// `isPlain`: without quotes, so that its text decides its type.
        case scalar(String, isPlain: Bool)
        case list([SourceNode])
        case mapping([Member])
    }

    struct Member {
        var key: String
        /// Where the key stands.
        var place: Place
        var value: SourceNode
    }

    var place: Place
    var content: Content

    var kindName: String {
        switch content {
        case .scalar: "a single value"
        case .list: "a list"
        case .mapping: "a section"
        }
    }
}
