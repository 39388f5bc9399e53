internal import Foundation

/// Makes, starts and stops the server of a cluster. Its caller holds the start lock.
struct ClusterServer: Sendable {
    let folder: ClusterFolder
    let account: ServerAccount
    let programs: ServerPrograms

    /// How long a start, with its recovery, or a stop may take.
    static let limit = 60

    init(folder: ClusterFolder, account: ServerAccount) async throws(PrivateClusterError) {
        self.folder = folder
        self.account = account
        let version = try? String(contentsOfFile: folder.data + "/PG_VERSION", encoding: .utf8)
        programs = try await ServerPrograms.find(version: version?.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// The folder of the socket of a server that accepts connections, which is made, started or recovered as needed.
    func ensureRunning(_ log: (String) -> Void) async throws(PrivateClusterError) -> String {
        if access(folder.data, F_OK) != 0 { try await initialize(log) }
        try checkOwner()
        if let postmaster = Postmaster(dataFolder: folder.data), postmaster.isRunning(dataFolder: folder.data) {
            return try await waitUntilReady(log)
        }
        let socketFolder: String
        if let left = try await clearLeftovers(log) {
            socketFolder = left
        } else {
            socketFolder = try SocketFolder.make(for: account)
        }
        try await start(socketFolder)
        return socketFolder
    }

    func stop() async throws(PrivateClusterError) {
        let socketFolder = Postmaster(dataFolder: folder.data)?.socketFolder
        let answer = try await account.run([programs.path("pg_ctl"), "stop", "-D", folder.data, "-m", "fast", "-W"])
        let deadline = ContinuousClock.now + .seconds(Self.limit)
        while let postmaster = Postmaster(dataFolder: folder.data), postmaster.isRunning(dataFolder: folder.data) {
            guard answer.status == 0, ContinuousClock.now < deadline else {
                throw PrivateClusterError("the private database did not stop: \(answer.output)")
            }
            await Self.pause()
        }
        if let socketFolder, SocketFolder.isPrivate(socketFolder, to: account) { SocketFolder.remove(socketFolder) }
    }

    // MARK: Making

    /// Makes the data folder under a temporary name: one that has its name is complete.
    private func initialize(_ log: (String) -> Void) async throws(PrivateClusterError) {
        log("making a private database in \(folder.path)")
        discardHalfMade()
        let draft = folder.data + ".tmp-\(getpid())"
        guard mkdir(draft, 0o700) == 0 else {
            throw PrivateClusterError("cannot make \(draft): \(String(cString: strerror(errno)))")
        }
        try account.takeOver(draft)
        try await check(
            "initdb",
            account.run([
                programs.path("initdb"), "-D", draft, "-U", PrivateCluster.user, "-A", "trust", "-E", "UTF8", "--locale=C",
                "--no-sync", "--no-instructions",
            ]))
        try await check(
            "the creation of the database",
            account.run(
                [programs.path("postgres"), "--single", "-D", draft, "-c", "exit_on_error=on", "postgres"],
                input: "create database \(PrivateCluster.database)\n"))
        guard rename(draft, folder.data) == 0 else {
            throw PrivateClusterError("cannot rename \(draft): \(String(cString: strerror(errno)))")
        }
    }

    private func discardHalfMade() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder.path)) ?? [] where name.hasPrefix("data.tmp-") {
            try? files.removeItem(atPath: folder.path + "/" + name)
        }
    }

    private func check(_ what: String, _ answer: ChildProcess.Result) throws(PrivateClusterError) {
        guard answer.status == 0 else {
            throw PrivateClusterError("\(what) failed (status \(answer.status)): \(answer.output.suffix(1000))")
        }
    }

    private func checkOwner() throws(PrivateClusterError) {
        var status = stat()
        guard lstat(folder.data, &status) == 0, status.st_uid == account.userID, status.st_mode & S_IFMT == S_IFDIR else {
            throw PrivateClusterError("\(folder.data) belongs to another user: run as that user, or give another --data-dir")
        }
    }

    // MARK: Starting

    private func waitUntilReady(_ log: (String) -> Void) async throws(PrivateClusterError) -> String {
        let deadline = ContinuousClock.now + .seconds(Self.limit)
        var isTold = false
        while ContinuousClock.now < deadline, !Task.isCancelled {
            guard let postmaster = Postmaster(dataFolder: folder.data), postmaster.isRunning(dataFolder: folder.data) else {
                break
            }
            if postmaster.isReady, let socketFolder = postmaster.socketFolder {
                if SocketFolder.isPrivate(socketFolder, to: account) { return socketFolder }
                // Its folder was removed behind its back: without it nobody can connect.
                log("the private database has lost its socket; restarting it")
                try await stop()
                return try await ensureRunning(log)
            }
            if !isTold { log("waiting for the private database to accept connections (at most \(Self.limit) s)") }
            isTold = true
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw PrivateClusterError("the private database does not accept connections after \(Self.limit) s; see \(folder.log)")
    }

    /// Removes the locks of a server that is gone. Returns its socket's folder if that is still fit for use, so that those
    /// who used it can connect again.
    private func clearLeftovers(_ log: (String) -> Void) async throws(PrivateClusterError) -> String? {
        guard access(folder.data + "/postmaster.pid", F_OK) == 0 else { return nil }
        log("the private database was not shut down; recovering it (at most \(Self.limit) s)")
        let deadline = ContinuousClock.now + .seconds(Self.limit)
        while case let orphans = Postmaster.processes(dataFolder: folder.data), !orphans.isEmpty {
            // Children of a killed server hold its memory; they cannot finish anything.
            for orphan in orphans { kill(orphan, SIGQUIT) }
            guard ContinuousClock.now < deadline else {
                throw PrivateClusterError("processes \(orphans) of a killed database server do not end: kill them")
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        let socketFolder = Postmaster(dataFolder: folder.data)?.socketFolder
        unlink(folder.data + "/postmaster.pid")
        guard let socketFolder, SocketFolder.isPrivate(socketFolder, to: account) else { return nil }
        SocketFolder.clear(socketFolder)
        return socketFolder
    }

    private func start(_ socketFolder: String) async throws(PrivateClusterError) {
        try prepareLog()
        var settings = [
            "listen_addresses=", "port=5432", "unix_socket_directories=\(socketFolder)", "unix_socket_permissions=0700",
            "max_connections=200", "shared_buffers=128MB", "max_wal_size=2GB", "fsync=on", "synchronous_commit=on",
            "autovacuum_naptime=10s", "log_checkpoints=off",
        ]
        if try await accepts("wal_compression=lz4") { settings.append("wal_compression=lz4") }
        let status = try await started([
            programs.path("pg_ctl"), "start", "-D", folder.data, "-l", folder.log, "-w", "-t", String(Self.limit),
            "-o", settings.map { "-c \($0)" }.joined(separator: " "),
        ])
        guard status == 0 else {
            let end = (try? String(contentsOfFile: folder.log, encoding: .utf8))?.suffix(1000) ?? ""
            throw PrivateClusterError("the private database does not start within \(Self.limit) s; end of \(folder.log):\n\(end)")
        }
    }

    /// The status with which `command` ends, or 0 as soon as the server is ready: pg_ctl looks ten times a second only.
    private func started(_ command: [String]) async throws(PrivateClusterError) -> Int32 {
        let (ends, end) = AsyncStream.makeStream(of: Result<Int32, PrivateClusterError>.self)
        Task {
            do throws(PrivateClusterError) {
                end.yield(.success(try await account.run(command).status))
            } catch {
                end.yield(.failure(error))
            }
        }
        let watch = Task {
            while !Task.isCancelled, !isReady { await Self.pause() }
            end.yield(.success(0))
        }
        defer { watch.cancel() }
        // Not a child of this task: what was begun is waited for even where nobody wants it any more.
        return try await Task { await ends.first { _ in true } ?? .success(1) }.value.get()
    }

    private var isReady: Bool {
        guard let postmaster = Postmaster(dataFolder: folder.data), postmaster.isReady else { return false }
        return postmaster.isRunning(dataFolder: folder.data)
    }

    /// Between two looks at a server that starts or stops; as long where the task is cancelled.
    private static func pause() async { await Task { try? await Task.sleep(for: .milliseconds(5)) }.value }

    /// Whether the server was built with what `setting` asks for.
    private func accepts(_ setting: String) async throws(PrivateClusterError) -> Bool {
        let name = String(setting.prefix { $0 != "=" })
        return try await account.run([programs.path("postgres"), "-D", folder.data, "-c", setting, "-C", name]).status == 0
    }

    /// The log is the server's; one that has grown large is put aside.
    private func prepareLog() throws(PrivateClusterError) {
        var status = stat()
        if lstat(folder.log, &status) == 0, status.st_size > 16 << 20 { rename(folder.log, folder.log + ".1") }
        let descriptor = open(folder.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw PrivateClusterError("cannot write \(folder.log): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        try account.takeOver(folder.log)
    }
}
