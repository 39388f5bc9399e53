package import JSON
package import Programs

/// The LM of every role. Roles that the study file leaves out use the task's; embeddings have no such default.
package struct StudyModels: Sendable, Hashable {
    package var task: ModelSpec
    package var prompt: ModelSpec
    package var teacher: ModelSpec
    package var judge: ModelSpec
    package var embedding: ModelSpec?

    package init(
        task: ModelSpec, prompt: ModelSpec? = nil, teacher: ModelSpec? = nil, judge: ModelSpec? = nil, embedding: ModelSpec? = nil
    ) {
        self.task = task
        self.prompt = prompt ?? task
        self.teacher = teacher ?? task
        self.judge = judge ?? task
        self.embedding = embedding
    }

    /// Nil for embeddings in a study that has none.
    package subscript(role: Role) -> ModelSpec? {
        switch role {
        case .task: task
        case .prompt: prompt
        case .teacher: teacher
        case .judge: judge
        case .embedding: embedding
        }
    }

    /// No call of any role uses the team's cache.
    package mutating func leaveCache() {
        task.usesCache = false
        prompt.usesCache = false
        teacher.usesCache = false
        judge.usesCache = false
        embedding?.usesCache = false
    }

    package var json: JSON {
        var object: JSONObject = ["task": task.json, "prompt": prompt.json, "teacher": teacher.json, "judge": judge.json]
        object["embedding"] = embedding?.json
        return .object(object)
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        func model(_ role: String) throws(Diagnostic) -> ModelSpec {
            try ModelSpec(json: json[role] ?? .null, at: path.appending(role))
        }
        self.init(
            task: try model("task"), prompt: try model("prompt"), teacher: try model("teacher"), judge: try model("judge"),
            embedding: json["embedding"] == nil ? nil : try model("embedding"))
    }
}
