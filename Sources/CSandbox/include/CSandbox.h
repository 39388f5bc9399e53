// Starts a program where it can do no harm: what must happen between fork and exec, and so cannot be Swift.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What to run, and within which bounds.
struct nightshift_sandbox_plan {
    /// The program's absolute path; no links, no search.
    const char *path;
    /// Both end with a null pointer.
    char *const *arguments;
    char *const *environment;
    /// The working directory: an open descriptor of it.
    int folder;
    /// The standard input.
    int input;
    /// Files and folders that may be read, with all that is below them; those that do not exist are passed over. Ends with a
    /// null pointer.
    char *const *readable;
    uint64_t cpu_seconds;
    /// Of address space.
    uint64_t memory_bytes;
};

struct nightshift_sandbox_child {
    /// Also its process group and session.
    pid_t process;
    /// Readable once the process has ended.
    int process_descriptor;
    /// The read ends of its standard output and standard error; they do not block.
    int output;
    int error;
};

/// Starts the program of `plan` in a session of its own, with
/// - a seccomp filter: no sockets, no processes or threads, no signals, no writing or changing of files, nothing of the kernel
///   that a computation does not need;
/// - Landlock, where the kernel has it: no file can be read but those of `readable`;
/// - another user (nobody) when the caller is root; a caller that is not root needs Landlock;
/// - bounds on CPU time, memory, open files; no core dump; no file may grow;
/// - no descriptor but the standard ones, no signal blocked or ignored, no new privileges by exec.
/// It dies with the calling thread.
///
/// Returns 0, or -1 with the reason in `reason`; then nothing runs. It never runs with fewer fences.
int nightshift_sandbox_start(
    const struct nightshift_sandbox_plan *plan, struct nightshift_sandbox_child *child, char *reason, size_t reason_size);

/// Stores `bytes` in a file without a name that nobody can change; returns its descriptor, at its beginning, or -1.
int nightshift_sandbox_input(const void *bytes, size_t count);
