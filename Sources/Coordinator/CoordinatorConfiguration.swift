/// How a coordinator behaves. Nothing here changes what a study finds.
package struct CoordinatorConfiguration: Sendable {
    /// Lead this study only; nil for all of the team.
    package var study: Int?
    /// How long the lead of a study outlives its last renewal: another coordinator takes over after that.
    package var termTTL: Duration = .seconds(6)
    /// How often dead sessions are looked for.
    package var reapInterval: Duration = .seconds(1)
    /// When nobody has looked for so long, neither workers nor coordinators could reach the database.
    package var outageGap: Duration = .seconds(5)
    /// How long workers have to speak again after that: to notice, connect and send a heartbeat.
    package var outageGrace: Duration = .seconds(10)
    /// The longest wait between two looks when no notification comes.
    package var pollCeiling: Duration = .milliseconds(250)

    package init(study: Int? = nil) { self.study = study }
}
