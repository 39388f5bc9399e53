internal import CEventPoll
internal import Foundation

/// A program to be started: no shell, and not Foundation's `Process`, which notices the end of a child by a socket that
/// whatever the child leaves running keeps open.
package struct Command: Sendable, Hashable {
    /// The program, looked for in `PATH` where it has no slash, and what it is called with.
    package var arguments: [String]
    package var environment: [String: String]
    /// The working directory, to which also a relative path of the program refers; nil for ours.
    package var folder: String?
    /// Whether it starts a process group of its own, so that all that it starts can be killed with it.
    package var leadsGroup: Bool

    package init(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment, folder: String? = nil,
        leadsGroup: Bool = false
    ) {
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.leadsGroup = leadsGroup
    }

    /// Starts it with these descriptors as its standard ones and no others, and with no signal blocked or ignored. It is a
    /// child of the calling thread.
    /// - Returns: the process id, for `waitpid`.
    package func start(input: Int32, output: Int32, error: Int32) throws(CommandError) -> Int32 {
        guard let program = arguments.first, !program.isEmpty else { throw CommandError("a command without a program") }
        for text in arguments where text.utf8.contains(0) { throw CommandError("\(program): an argument holds a NUL character") }
        if let folder, access(folder, X_OK) != 0 {
            throw CommandError("cannot enter \(folder): \(String(cString: strerror(errno)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (error, STDERR_FILENO)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        if let folder { nightshift_spawn_change_folder(&actions, folder) }
        // A child that outlives this process must not hold its sockets and files.
        nightshift_spawn_close_from(&actions, 3)
        var attributes = Self.attributes(leadsGroup: leadsGroup)
        defer { posix_spawnattr_destroy(&attributes) }

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var processID: pid_t = 0
        let failure = posix_spawnp(&processID, program, &actions, &attributes, argv, envp)
        guard failure == 0 else { throw CommandError("cannot run \(program): \(String(cString: strerror(failure)))") }
        return processID
    }

    private static func attributes(leadsGroup: Bool) -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // Group 0 is the child's own.
        let group = leadsGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        return attributes
    }
}

/// Why a program did not start.
package struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
