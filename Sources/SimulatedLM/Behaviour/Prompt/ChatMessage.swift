/// One message of a request, whatever the provider's form was.
package struct ChatMessage: Sendable, Hashable {
    package enum Role: String, Sendable {
        case system, user, assistant
    }

    package var role: Role
    package var content: String

    package init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}
