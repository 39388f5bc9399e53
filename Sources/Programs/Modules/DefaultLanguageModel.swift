/// The model of predictors that run outside a program.
enum DefaultLanguageModel {
    @TaskLocal static var current: (any LanguageModel)?
}

/// Runs `operation` with `model` as the model of every predictor called in it that no program runs.
public func withLanguageModel<Value>(_ model: any LanguageModel, _ operation: () async throws -> Value) async rethrows -> Value {
    try await DefaultLanguageModel.$current.withValue(model, operation: operation)
}
