internal import Gateway
internal import JSON
internal import LanguageModels
internal import Programs
internal import Store
internal import Studies
internal import Synchronization

/// Where the calls of programs go: to the models of the study that they name, else to those of the command line.
final class GatewayRoutes: GatewayDirectory {
    /// What is known of a study.
    private struct Known {
        var id: String?
        var models: StudyModels
        var budget: Budget?
    }

    private let store: Store
    private let options: GatewayOptions
    private let usesCache: Bool
    /// Of calls that name no study: those of a file.
    private let models: StudyModels?
    /// Of calls that name no study: a worker's only one.
    private let study: String?
    /// What the models cost that calls name themselves; nil where the file of prices is wrong.
    private let cost = try? StudyCost()
    private let known = Mutex<[String: (study: Known, until: ContinuousClock.Instant)]>([:])

    /// A study's settings may change while it is paused, and its budget at any time; they are read again after this time.
    private static let memory = Duration.seconds(5)
    private static let mostKnown = 256

    /// - Parameter store: names the database; its connection is not used.
    init(store: Store, options: GatewayOptions, usesCache: Bool, models: StudyModels? = nil, study: String? = nil) {
        self.store = Store(Database(address: store.database.address, patience: .none))
        self.options = options
        self.usesCache = usesCache
        self.models = models
        self.study = study
    }

    func route(for attribution: Attribution, model: String?) async throws(GatewayError) -> GatewayRoute {
        guard let study = try await study(of: attribution) else {
            guard let name = model ?? options.model else {
                throw .badRequest("you must provide a model: 'model' names it, as openai/gpt-4o-mini", parameter: "model")
            }
            do throws(Diagnostic) {
                return route(try options.settings(name), for: attribution, id: nil, isCached: usesCache)
            } catch {
                throw .badRequest(error.message, parameter: "model")
            }
        }
        // A role's name stands for its model.
        let role = model.flatMap(Role.init(rawValue:)) ?? attribution.role
        var attribution = attribution
        attribution.role = role
        guard let spec = study.models[role] else {
            throw .badRequest(
                "the study names no model for the role \(role.rawValue): add lm.\(role.rawValue)", parameter: "role")
        }
        do {
            let own = try LanguageModelSettings(spec)
            let isOther = model.map { ![role.rawValue, own.model, own.fullName, spec.model].contains($0) } ?? false
            let settings = isOther ? try own.asking(model) : own
            try study.budget?.checkPrice(of: role, model: spec, other: isOther ? settings : nil, cost)
            return route(settings, for: attribution, id: study.id, isCached: usesCache && spec.usesCache)
        } catch let error as GatewayError {
            throw error
        } catch let error as LanguageModelError {
            throw .badRequest(error.message, parameter: "model")
        } catch {
            throw .badRequest("lm.\(role.rawValue): \(error)", parameter: "model")
        }
    }

    private func route(
        _ settings: LanguageModelSettings, for attribution: Attribution, id: String?, isCached: Bool
    ) -> GatewayRoute {
        let origin = CallOrigin(study: id, role: attribution.role, trial: attribution.trial)
        return GatewayRoute(settings: settings, origin: origin, isCached: isCached)
    }

    func models(for attribution: Attribution) async throws(GatewayError) -> GatewayModels {
        if let models = try await study(of: attribution)?.models {
            var names: [String] = []
            for role in Role.allCases {
                if let name = models[role]?.model, !names.contains(name) { names.append(name) }
            }
            return .named(names)
        }
        guard options.baseURL != nil else { return .named(options.model.map { [$0] } ?? []) }
        do throws(Diagnostic) { return .listed(by: try options.settings(options.model ?? "any")) } catch {
            throw .badRequest(error.message)
        }
    }

    /// nil: the call names no study, and there is none for such calls.
    private func study(of attribution: Attribution) async throws(GatewayError) -> Known? {
        guard let name = attribution.study ?? study else { return models.map { Known(models: $0) } }
        let now = ContinuousClock.now
        if let entry = known.withLock({ $0[name] }), entry.until > now { return entry.study }
        let found = try await look(up: name)
        known.withLock { known in
            if known.count >= Self.mostKnown { known = [:] }
            known[name] = (found, now + Self.memory)
        }
        return found
    }

    private func look(up name: String) async throws(GatewayError) -> Known {
        // A caller's word never names a file.
        guard !name.contains("/"), !name.hasSuffix(".yaml"), !name.hasSuffix(".yml") else {
            throw .badRequest("name the study by its id or its name, not by a file", parameter: "study")
        }
        do {
            let record = try await StudyReference(text: name).find(in: store)
            let study = try Study(json: record.spec)
            return Known(id: record.id, models: study.models, budget: study.budget)
        } catch let failure as CommandFailure {
            throw GatewayError(404, failure.message, code: "study_not_found")
        } catch let error as StoreError {
            throw GatewayError(503, "the database: \(error)", type: "server_error")
        } catch {
            throw GatewayError(500, "the study \(name) cannot be read: \(error)", type: "server_error")
        }
    }
}
