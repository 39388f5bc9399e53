internal import Foundation
package import HTTP
internal import JSON
package import Programs

/// The tool that a study declares.
/// - Parameters:
///   - retrievers: the study's, by name.
///   - environment: where the variables of headers are looked up.
/// - Throws: ``ServiceError`` `.refused` where there is no such retriever.
package func makeTool(
    _ spec: ToolSpec, retrievers: [String: any Retriever], transport: HTTPTransport = .shared,
    environment: [String: String] = ProcessInfo.processInfo.environment
) throws(ServiceError) -> any Tool {
    switch spec.source {
    case .http(let request): return HTTPTool(spec, request, transport: transport, environment: environment)
    case .retriever(let name, let k):
        guard let retriever = retrievers[name] else {
            let hint = nearestName(to: name, in: retrievers.keys).map { "; did you mean '\($0)'?" } ?? ""
            throw ServiceError(.refused, "the tool \(spec.name): there is no retriever '\(name)'\(hint)")
        }
        return RetrieverTool(name: spec.name, description: spec.description, retriever: retriever, k: k)
    }
}
