/// What `operation` makes of each item, in the order of the items, with at most `width` of them at work at a time.
///
/// After a result for which `isLast` holds, no further item is begun and those at work are cancelled; results are then
/// missing for the items that were not begun.
func concurrentMap<Item: Sendable, Output: Sendable>(
    _ items: [Item], width: Int, until isLast: (Output) -> Bool = { _ in false },
    _ operation: @escaping @Sendable (Item) async -> Output
) async -> [Output] {
    await withTaskGroup(of: (Int, Output).self) { group in
        var outputs = [Output?](repeating: nil, count: items.count)
        var begun = 0
        var isOver = false
        func begin() {
            guard !isOver, begun < items.count else { return }
            let position = begun
            begun += 1
            group.addTask { @concurrent in (position, await operation(items[position])) }
        }
        for _ in 0..<width { begin() }
        for await (position, output) in group {
            outputs[position] = output
            if !isOver, isLast(output) {
                isOver = true
                group.cancelAll()
            }
            begin()
        }
        return outputs.compactMap { $0 }
    }
}
