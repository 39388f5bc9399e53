/// How a coordinator behaves. Nothing here changes what a study finds.
package struct CoordinatorConfiguration: Sendable {
    /// Lead this study only; nil for all of the team.
    package var study: Int?
    /// How long the lead of a study outlives its last renewal: another coordinator takes over after that.
    package var termTTL: Duration = .seconds(6)
    /// How often dead sessions are looked for.
    package var reapInterval: Duration = .seconds(1)
    /// The longest wait between two looks when no notification comes.
    package var pollCeiling: Duration = .milliseconds(250)

    package init(study: Int? = nil) { self.study = study }
}
