/// The code in an answer: the first fenced block, else all of it.
func pythonCode(in text: String) -> String {
    let lines = text.newlineSeparated
    guard let opening = lines.firstIndex(where: { $0.pythonStripped.hasPrefix("```") }) else { return text.pythonStripped }
    let block = lines[(opening + 1)...].prefix { !$0.pythonStripped.hasPrefix("```") }
    return block.joined(separator: "\n").dedented.pythonStripped
}

/// Models like to end with `answer = …`, as in a notebook: where nothing is printed, that is.
func printingLastAssignment(_ code: String) -> String {
    guard !code.contains("print("), let last = code.newlineSeparated.last else { return code }
    let name = last.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
    let rest = String(last[name.endIndex...]).pythonStripped
    guard name.first.map({ !$0.isNumber }) ?? false, rest.hasPrefix("="), !rest.hasPrefix("==") else { return code }
    return "\(code)\nprint(\(name))"
}
