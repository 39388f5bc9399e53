import JSON

/// A file that a client uploaded.
struct UploadedFile: Sendable {
    var id: String
    var name: String
    var purpose: String
    /// Seconds since the epoch.
    var createdAt: Int
    var content: [UInt8]

    var json: JSON {
        [
            "id": .string(id), "object": "file", "bytes": .int(content.count), "created_at": .int(createdAt),
            "filename": .string(name), "purpose": .string(purpose), "status": "processed",
        ]
    }
}
