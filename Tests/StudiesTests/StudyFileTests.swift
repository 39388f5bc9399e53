import JSON
import Testing

@testable import Studies

@Suite struct StudyFileTests {
    private func read(_ text: String, sets: [String] = [], environment: [String: String] = [:]) throws -> StudyFile {
        try StudyFile(text: text, path: "s.yaml", sets: sets, environment: environment)
    }

    private func complaint(_ text: String, sets: [String] = [], environment: [String: String] = [:]) -> String {
        do {
            _ = try read(text, sets: sets, environment: environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func typesFollowYAML12() throws {
        let file = try read(
            """
            strings: [yes, no, on, off, y, 1:30, 2026-11-23, "true", '12', 1_000, .inf, .nan, 1e, 12s, +, .]
            others: [true, False, 12, -3, +4, 0x1F, 0o17, 1.5, .5, 1e3, -2.5E-1, null, ~, ]
            """)
        let strings: [JSON] = [
            "yes", "no", "on", "off", "y", "1:30", "2026-11-23", "true", "12", "1_000", ".inf", ".nan", "1e", "12s", "+", ".",
        ]
        #expect(file.root["strings"] == .array(strings))
        #expect(file.root["others"] == [true, false, 12, -3, 4, 31, 15, 1.5, 0.5, 1000.0, -0.25, .null, .null])
    }

    @Test func placesAreLines() throws {
        let file = try read("a: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
        func line(_ steps: JSONPath.Step...) -> Place? { file.places[JSONPath(steps)] }
        #expect(line(.key("a")) == .line(1))
        #expect(line(.key("b")) == .line(2))
        #expect(line(.key("b"), .key("c"), .index(0)) == .line(4))
        #expect(line(.key("b"), .key("c"), .index(1), .key("e")) == .line(6))
        let finding = file.finding(Diagnostic(JSONPath([.key("b"), .key("c"), .index(1), .key("z"), .key("q")]), "wrong"))
        #expect(finding.description == "s.yaml:5: b.c[1].z.q: wrong")
        #expect(file.finding(Diagnostic(JSONPath([.key("nowhere")]), "missing")).description == "s.yaml: nowhere: missing")
    }

    @Test func duplicateKeysAreRefused() {
        #expect(complaint("a: 1\nb: {c: 1, d: 2, c: 3}\n") == "s.yaml:2: the key 'c' is given twice; keep one")
    }

    @Test func brokenTextIsToldWithItsLine() {
        #expect(complaint("a: 1\nb: [1, 2\nc: 3\n").hasPrefix("s.yaml:3: not YAML: "))
        #expect(complaint("a: 1\n\tb: 2\n").hasPrefix("s.yaml:2: not YAML: "))
        #expect(complaint("").hasPrefix("s.yaml:1: the file is empty"))
        #expect(complaint("- a\n- b\n") == "s.yaml:1: expected keys such as 'nightshift: 1', found a list")
        #expect(complaint("a: !!binary aGk=\n").hasPrefix("s.yaml:1: the tag "))
        #expect(complaint("a: 1\n---\nb: 2\n").hasPrefix("s.yaml:2: not YAML: "))
    }

    @Test func anchorsAndMergesExpand() throws {
        let file = try read("base: &b {x: 1, y: 2}\nother:\n  <<: *b\n  y: 3\nsame: *b\n")
        #expect(file.root["other"] == ["x": 1, "y": 3])
        #expect(file.root["same"] == ["x": 1, "y": 2])
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(complaint(bomb).contains("the aliases expand to too many values"))
    }

    @Test func byteOrderMarkIsSkipped() throws {
        #expect(try read("\u{FEFF}a: 1\n").root["a"] == 1)
    }

    @Test func variablesAreExpanded() throws {
        let environment = ["HOST": "example.org", "N": "12", "EMPTY": ""]
        let file = try read(
            """
            url: "http://${HOST}:${PORT:-80}/v1"
            number: ${N}
            text: "${N}"
            fallback: "${EMPTY:-none}"
            empty: "${EMPTY}"
            literal: "$${HOST} costs $5"
            blank: "${MISSING:-}"
            list: [a, "${HOST}"]
            """, environment: environment)
        #expect(
            file.root == [
                "url": "http://example.org:80/v1", "number": 12, "text": "12", "fallback": "none", "empty": "",
                "literal": "${HOST} costs $5", "blank": "", "list": ["a", "example.org"],
            ])
    }

    @Test func unsetVariablesAreAllToldWithTheirLines() {
        #expect(
            complaint("a: 1\nb: {c: \"x ${ONE}\"}\nd:\n  - ${TWO}\n") == """
                s.yaml:2: b.c: the variable ONE is not set; set it, or write ${ONE:-default}
                s.yaml:4: d[0]: the variable TWO is not set; set it, or write ${TWO:-default}
                """)
    }

    @Test func setsReplaceAddAndAppend() throws {
        let text = "a: 1\nlm: {task: {model: x}}\nsteps:\n  - topic: {predict: q}\n  - intent: {predict: r}\nempty:\n"
        let file = try read(
            text,
            sets: [
                "a=two", "lm.task.temperature=0.5", "steps.0.topic.predict=s", "steps[1].intent={predict: t}",
                "steps.2.last.predict=u = v", "new.deep.key=[1, yes]", "empty.key=1", "a=${X:-3}", "lm.task.model=",
            ])
        #expect(
            file.root == [
                "a": 3, "lm": ["task": ["model": .null, "temperature": 0.5]],
                "steps": [["topic": ["predict": "s"]], ["intent": ["predict": "t"]], ["last": ["predict": "u = v"]]],
                "empty": ["key": 1], "new": ["deep": ["key": [1, "yes"]]],
            ])
        let path = JSONPath([.key("lm"), .key("task"), .key("temperature")])
        #expect(
            file.finding(Diagnostic(path, "wrong")).description == "--set lm.task.temperature=0.5: lm.task.temperature: wrong")
        #expect(file.finding(Diagnostic(JSONPath([.key("lm")]), "wrong")).description == "s.yaml:2: lm: wrong")
    }

    @Test(arguments: [
        ("a", "--set a: expected key.path=value"),
        ("=1", "--set =1: expected key.path=value"),
        ("a..b=1", "--set a..b=1: the path has an empty step"),
        ("a.b=1", "--set a.b=1: a is a single value, so it has no 'b'"),
        ("list.5=1", "--set list.5=1: list is a list of 2: '5' is not a position in it"),
        ("list.x=1", "--set list.x=1: list is a list of 2: 'x' is not a position in it"),
    ])
    func badSetsAreRefused(set: String, message: String) {
        #expect(complaint("a: 1\nlist: [1, 2]\n", sets: [set]) == message)
    }

    @Test func brokenValueOfASetIsRefused() {
        #expect(complaint("a: 1\n", sets: ["a=[1"]).hasPrefix("--set a=[1: not YAML: "))
    }

    @Test func missingFileIsNamed() {
        #expect(throws: StudyFileError.self) {
            try StudyFile(path: "/nonexistent/study.yaml", environment: [:])
        }
    }
}
