/// Why a request got no usable answer.
public struct LanguageModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong; it decides between retry, pause and score, see ``fault``.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// 429: the provider limits the rate.
        case rateLimited
        /// No answer within the time that the settings allow.
        case timeout
        /// 5xx, or the provider says that it is overloaded.
        case server
        /// No answer: no connection, no name, TLS, a connection lost.
        case transport
        /// The endpoint has answered nothing since the process began: its address may be wrong.
        case unreachable
        /// 401 or 403: the API key is not accepted.
        case authentication
        /// The account has no credit left.
        case billing
        /// There is no such model, or it does not take the parameters that its settings ask for.
        case unknownModel
        /// The prompt is longer than the model can read.
        case contextWindow
        /// The provider will not answer such a prompt.
        case contentFilter
        /// A 400 that the prompt caused.
        case invalidRequest
        /// An answer with 2xx that is not a completion.
        case malformedResponse
        /// Nobody waits for the answer any more.
        case cancelled
        /// The environment lacks the API key; the message names the variable.
        case missingKey
        /// The study's budget leaves no room for the call: it was not sent.
        case budget
        /// Calls are answered from a record, which does not have this one.
        case notRecorded
    }

    /// Whom to hold to account.
    public enum Fault: Sendable, Hashable {
        /// The program could not answer: its failure counts as its score.
        case program
        /// Missing data, to be tried again elsewhere; never a score.
        case infrastructure
        /// The study's budget has no room for the call: missing data, and no other worker can get it.
        case budget
        /// No call of this kind will succeed until somebody acts: the study pauses.
        case refused
    }

    /// What went wrong.
    public var kind: Kind
    /// The same in words for the user.
    public var message: String
    /// The HTTP status, if there was an answer.
    public var status: Int?
    /// What the provider asked to wait.
    public var retryAfter: Duration?
    /// Whether the provider is away and calls wait for it: the attempt does not count.
    public var isProviderAway = false
    /// What the attempts cost, so that nothing paid is lost.
    public var usage: Usage

    /// What went wrong, in one word and in a sentence.
    public init(_ kind: Kind, _ message: String, status: Int? = nil, retryAfter: Duration? = nil, usage: Usage = .zero) {
        self.kind = kind
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
        self.usage = usage
    }

    /// Whether the same request may succeed a little later.
    public var isRetryable: Bool {
        switch kind {
        case .rateLimited, .timeout, .server, .transport, .malformedResponse: true
        case .unreachable, .authentication, .billing, .unknownModel, .contextWindow, .contentFilter, .invalidRequest, .cancelled,
            .missingKey, .budget, .notRecorded:
            false
        }
    }

    /// Whom to hold to account, by the kind.
    public var fault: Fault {
        switch kind {
        case .contextWindow, .contentFilter, .invalidRequest: .program
        case .unreachable, .authentication, .billing, .unknownModel, .missingKey, .notRecorded: .refused
        case .rateLimited, .timeout, .server, .transport, .malformedResponse, .cancelled: .infrastructure
        case .budget: .budget
        }
    }

    public var description: String { message }
}
