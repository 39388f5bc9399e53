import Testing

@testable import Nightshift

@Suite struct RootCommandTests {
    @Test(arguments: [["compile", "x.yaml"], ["db", "migrate"], ["help", "compile"], ["--help"], []])
    func commandsAndFlagsAreLeftToTheParser(arguments: [String]) {
        #expect(RootCommand.unknownCommand(in: arguments[...]) == nil)
    }

    @Test func otherWordsAreRefusedWithASentence() {
        #expect(RootCommand.unknownCommand(in: ["complie"]) == "there is no command 'complie'; did you mean 'compile'?")
        #expect(
            RootCommand.unknownCommand(in: ["serve"])
                == "the command 'serve' does not exist yet; 'nightshift --help' lists those that do")
    }
}
