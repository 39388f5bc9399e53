internal import Synchronization

/// The signatures of types, each read once.
final class SignatureCache: Sendable {
    static let shared = SignatureCache()

    private let signatures = Mutex<[ObjectIdentifier: Signature]>([:])

    func signature(of type: any TypedSignature.Type) -> Signature {
        let key = ObjectIdentifier(type)
        if let known = signatures.withLock({ $0[key] }) { return known }
        do throws(SignatureError) {
            let signature = try type.reflected()
            signatures.withLock { $0[key] = signature }
            return signature
        } catch {
            preconditionFailure("\(type): \(error)")
        }
    }
}
