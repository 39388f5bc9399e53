// The parts of nightshift_sandbox_start.
#pragma once

/// A Landlock rule set that lets only what is below `readable` be read; -1 with errno where the kernel has no Landlock.
int sandbox_landlock_rules(char *const *readable);

/// Puts the calling thread under the rule set. Async-signal-safe.
int sandbox_landlock_enforce(int rules);

/// Puts the calling thread under the seccomp filter, for good. Async-signal-safe.
int sandbox_filter_system_calls(void);
