internal import Optimizers
internal import ProgramMetrics
package import Programs

extension Study {
    /// The roles whose models are called when the study runs; without an optimiser, when its program does.
    package var calledRoles: [Role] {
        var roles: Set<Role> = [.task]
        if let optimizer {
            roles.formUnion(optimizer.kind.roles)
        }
        if let metric { roles.formUnion(requiredRoles(section: metric)) }
        if services.needsEmbeddingModel { roles.insert(.embedding) }
        return Role.allCases.filter(roles.contains)
    }
}
