package import Foundation

/// The lead of one study: every write of a coordinator carries it.
package struct Term: Sendable, Hashable {
    package var study: Int
    package var holder: UUID
    package var number: Int

    package init(study: Int, holder: UUID, number: Int) {
        self.study = study
        self.holder = holder
        self.number = number
    }
}
