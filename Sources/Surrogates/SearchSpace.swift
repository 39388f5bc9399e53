/// A finite search space: named dimensions, each with a number of choices.
/// A point holds one choice per dimension, in their order.
package struct SearchSpace: Sendable, Hashable {
    package struct Dimension: Sendable, Hashable {
        package var name: String
        /// How many choices there are: 0..<choices. At least one.
        package var choices: Int

        package init(name: String, choices: Int) {
            precondition(choices > 0, "dimension \(name) has no choices")
            self.name = name
            self.choices = choices
        }
    }

    package typealias Point = [Int]

    package let dimensions: [Dimension]
    /// Positions of the dimensions in the order of their names' UTF-8 bytes: the order in which TPE treats them.
    let sortedByName: [Int]

    package init(_ dimensions: [Dimension]) {
        self.dimensions = dimensions
        sortedByName = dimensions.indices.sorted { dimensions[$0].name.utf8.lexicographicallyPrecedes(dimensions[$1].name.utf8) }
    }

    /// The number of points; `Int.max` where it does not fit.
    package var size: Int {
        dimensions.reduce(1) { size, dimension in
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension.choices)
            return overflow ? .max : product
        }
    }

    /// The point after `point`, the last dimension running fastest; after the last point comes the first.
    package func successor(of point: Point) -> Point {
        var point = point
        for place in dimensions.indices.reversed() {
            point[place] += 1
            if point[place] < dimensions[place].choices { return point }
            point[place] = 0
        }
        return point
    }
}
