internal import Synchronization

/// What of a prompt depends on the signature alone.
struct PromptFrame: Sendable {
    var system: String
    var reminder: String
}

/// The frames of the signatures that were asked with lately: a candidate asks with the same ones for every example.
final class PromptFrames: Sendable {
    private static let most = 256

    private let frames = Mutex<[Signature: PromptFrame]>([:])

    func frame(_ signature: Signature, _ make: () -> PromptFrame) -> PromptFrame {
        if let known = frames.withLock({ $0[signature] }) { return known }
        let frame = make()
        frames.withLock { frames in
            if frames.count >= Self.most { frames = [:] }
            frames[signature] = frame
        }
        return frame
    }
}
