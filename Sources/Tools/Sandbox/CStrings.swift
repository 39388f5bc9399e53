internal import Glibc

/// Texts for C, in a list that a null pointer ends. They live as long as this value.
struct CStrings: ~Copyable {
    let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        list = .allocate(capacity: texts.count + 1)
        for (position, text) in texts.enumerated() { (list + position).initialize(to: strdup(text)) }
        (list + texts.count).initialize(to: nil)
    }

    deinit {
        for position in 0..<count { free(list[position]) }
        list.deallocate()
    }
}
