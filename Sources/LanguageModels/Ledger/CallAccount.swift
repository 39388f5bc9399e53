internal import JSON
internal import Programs

/// Books one role's calls for one study.
package struct CallAccount: Sendable {
    private let ledger: CallLedger
    let origin: CallOrigin

    package init(_ ledger: CallLedger, _ origin: CallOrigin) {
        self.ledger = ledger
        self.origin = origin
    }

    /// Reserves the worst case of a request, sends it, and books what became of it.
    func booking(
        _ worst: CallAmount, _ send: () async throws(ProviderAPI.Failure) -> ProviderAPI.Answer
    ) async throws(ProviderAPI.Failure) -> ProviderAPI.Answer {
        let reservation: CallLedger.Reservation
        do throws(LanguageModelError) {
            reservation = try await ledger.reserve(worst, for: origin)
        } catch {
            throw ProviderAPI.Failure(error: error)
        }
        do throws(ProviderAPI.Failure) {
            let answer = try await send()
            ledger.answered(reservation, tokens: Self.tokens(answer.body["usage"]))
            return answer
        } catch {
            let usage = error.error.usage
            if usage.calls > 0 {
                // An error that came with 2xx is no answer to be billed by the token; what is no JSON may be one.
                ledger.answered(reservation, tokens: error.report == nil ? nil : (0, 0))
            } else {
                // With a status the provider has refused it.
                ledger.failed(reservation, wasSent: usage.attempts > 0 && error.error.status == nil)
            }
            throw error
        }
    }

    /// Prompt and completion, as any of the APIs writes them.
    private static func tokens(_ usage: JSON?) -> (prompt: Int, completion: Int)? {
        guard let prompt = usage?["prompt_tokens"]?.intValue ?? usage?["input_tokens"]?.intValue else { return nil }
        return (prompt, usage?["completion_tokens"]?.intValue ?? usage?["output_tokens"]?.intValue ?? 0)
    }
}
