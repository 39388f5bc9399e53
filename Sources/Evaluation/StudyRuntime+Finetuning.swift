internal import Hashing
package import JSON
internal import Optimizers
internal import Programs
internal import Studies

extension StudyRuntime {
    /// Where the training that a unit asks for stands.
    package enum FinetuningOutcome: Sendable {
        /// `{"model": …}`, or why there is none and never will be.
        case ended(Result<JSONObject, FinetuningFailure>)
        /// To be looked at again after this time.
        case running(Duration)
        case failed(String)
        case refused(String)
    }

    /// Why a training gave no model.
    package struct FinetuningFailure: Error, Sendable {
        package var message: String
    }

    /// Looks for the provider's job that a unit stands for, and begins it where there is none.
    /// - Parameters:
    ///   - payload: of the unit, as ``FinetuneCall/json`` writes it.
    ///   - key: names the unit among all of the provider's account.
    package func finetune(_ payload: JSON, key: String) async -> FinetuningOutcome {
        let call: FinetuneCall
        do { call = try FinetuneCall(json: payload) } catch {
            return .ended(.failure(FinetuningFailure(message: "not a fine-tuning call: \(error)")))
        }
        guard let finetuning else { return .refused("the provider of the study's task model trains no models") }
        let order = FinetuningOrder(
            key: key, suffix: Self.suffix(study: study.name, key: key), model: call.model ?? study.models.task.model,
            chats: call.rows, settings: call.settings)
        do throws(LanguageModelError) {
            switch try await finetuning.progress(of: order) {
            case .succeeded(let model): return .ended(.success(["model": .string(model)]))
            case .failed(let message): return .ended(.failure(FinetuningFailure(message: message)))
            case .running(let age): return .running(Self.pause(after: age))
            }
        } catch {
            switch error.fault {
            case .refused: return .refused(error.message)
            case .program: return .ended(.failure(FinetuningFailure(message: error.message)))
            // A provider that is away costs a training nothing that has begun.
            case .infrastructure where error.kind != .malformedResponse: return .running(Self.longestPause)
            case .infrastructure, .budget: return .failed("\(error.kind): \(error.message)")
            }
        }
    }

    private static let longestPause = Duration.seconds(20)

    /// Short for a training that has just begun, so that a short one is not waited for in vain.
    private static func pause(after age: Duration) -> Duration { min(longestPause, max(.milliseconds(250), age / 8)) }

    /// A part of the tuned model's name: it tells people the study, and us the key.
    private static func suffix(study: String, key: String) -> String {
        let letters = study.lowercased().unicodeScalars.map { scalar in
            ("a"..."z").contains(Character(scalar)) || ("0"..."9").contains(Character(scalar)) ? Character(scalar) : "-"
        }
        let name = String(letters).split(separator: "-").joined(separator: "-").prefix(20)
        return (name.isEmpty ? "nightshift" : name) + "-" + sha256(key).prefix(12)
    }
}
