#define _GNU_SOURCE
#include "CSandbox.h"
#include "Fences.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, PIDFD_OPEN = 434, CLOSE_RANGE = 436 };

/// What went wrong in the child: told through a pipe that exec closes.
struct setback {
    /// Static text.
    char step[48];
    int code;
};

/// What the child must know beside the plan.
struct preparation {
    const struct nightshift_sandbox_plan *plan;
    pid_t parent;
    int output;
    int error;
    int setbacks;
    /// -1 without Landlock.
    int rules;
    bool becomes_nobody;
};

// MARK: In the child. No memory may be allocated and no lock taken: other threads of the parent may have held it at the fork.

static void fail(int setbacks, const char *step) {
    struct setback setback = {.code = errno};
    strncpy(setback.step, step, sizeof setback.step - 1);
    ssize_t written = write(setbacks, &setback, sizeof setback);
    _exit(written > 0 ? 126 : 127);
}

/// Leaves open 0, 1, 2, and the two descriptors that are needed until exec, as 3 and 4; both close on exec.
static void arrange_descriptors(struct preparation *it) {
    // First out of the way of the numbers that are to be taken.
    int *all[] = {&it->output, &it->error, &it->setbacks, &it->rules};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (*all[i] < 0) continue;
        int moved = fcntl(*all[i], F_DUPFD_CLOEXEC, 10);
        if (moved < 0) fail(it->setbacks, "arranging descriptors");
        *all[i] = moved;
    }
    int input = fcntl(it->plan->input, F_DUPFD_CLOEXEC, 10);
    if (input < 0 || fchdir(it->plan->folder) < 0) fail(it->setbacks, "entering the folder");
    if (dup2(input, 0) < 0 || dup2(it->output, 1) < 0 || dup2(it->error, 2) < 0) fail(it->setbacks, "arranging descriptors");
    if (dup3(it->setbacks, 3, O_CLOEXEC) < 0) fail(it->setbacks, "arranging descriptors");
    it->setbacks = 3;
    if (it->rules >= 0) {
        if (dup3(it->rules, 4, O_CLOEXEC) < 0) fail(it->setbacks, "arranging descriptors");
        it->rules = 4;
    }
    if (syscall(CLOSE_RANGE, it->rules >= 0 ? 5 : 4, ~0u, 0) == 0) return;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) fail(it->setbacks, "counting descriptors");
    for (int descriptor = it->rules >= 0 ? 5 : 4; (rlim_t)descriptor < limit.rlim_cur; descriptor++) close(descriptor);
}

static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < _NSIG; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit value = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit(resource, &value);
}

static void set_limits(const struct preparation *it) {
    const struct nightshift_sandbox_plan *plan = it->plan;
    // The soft limit's signal can be ignored, the hard one's not.
    if (limit(RLIMIT_CPU, plan->cpu_seconds, plan->cpu_seconds + 1) < 0
        || limit(RLIMIT_AS, plan->memory_bytes, plan->memory_bytes) < 0 || limit(RLIMIT_FSIZE, 0, 0) < 0
        || limit(RLIMIT_CORE, 0, 0) < 0 || limit(RLIMIT_NOFILE, 64, 64) < 0 || limit(RLIMIT_MEMLOCK, 0, 0) < 0)
        fail(it->setbacks, "setting limits");
}

/// By the bare system calls: the C library's would look for other threads to take along.
static void become_nobody(const struct preparation *it) {
    if (syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) == 0
        && syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0)
        return;
    // A container may know no nobody; then Landlock and the filter must do, and without the former nothing is run.
    if (it->rules < 0) fail(it->setbacks, "becoming nobody");
}

static void run(struct preparation *it) {
    reset_signals();
    arrange_descriptors(it);
    if (setsid() < 0) fail(it->setbacks, "starting a session");
    if (it->becomes_nobody) become_nobody(it);
    // After the change of user, which forgets it; a parent that died before is noticed by the new one.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail(it->setbacks, "binding to the parent");
    if (getppid() != it->parent) _exit(127);
    set_limits(it);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail(it->setbacks, "giving up new privileges");
    if (it->rules >= 0 && sandbox_landlock_enforce(it->rules) < 0) fail(it->setbacks, "Landlock");
    if (sandbox_filter_system_calls() < 0) fail(it->setbacks, "the seccomp filter");
    execve(it->plan->path, it->plan->arguments, it->plan->environment);
    fail(it->setbacks, "running the interpreter");
}

// MARK: In the parent.

static int give_reason(char *reason, size_t size, const char *step, int code) {
    snprintf(reason, size, "%s: %s", step, strerror(code));
    return -1;
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0) close(pair[i]);
}

/// Forks, with all signals blocked, so that no handler of the parent runs in the child.
static pid_t fork_into(struct preparation *it) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = fork();
    if (process == 0) run(it);
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return process;
}

/// Waits until the child runs its program, or says why it can't.
static int await_exec(pid_t process, int setbacks, struct nightshift_sandbox_child *child, char *reason, size_t size) {
    struct setback setback = {.step = "", .code = 0};
    ssize_t count;
    do count = read(setbacks, &setback, sizeof setback);
    while (count < 0 && errno == EINTR);
    child->process_descriptor = count == 0 ? (int)syscall(PIDFD_OPEN, process, 0) : -1;
    if (child->process_descriptor >= 0) return 0;
    if (count == 0) give_reason(reason, size, "pidfd_open", errno);
    else give_reason(reason, size, setback.step, setback.code);
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
    return -1;
}

int nightshift_sandbox_start(
    const struct nightshift_sandbox_plan *plan, struct nightshift_sandbox_child *child, char *reason, size_t reason_size) {
    bool is_root = geteuid() == 0;
    int rules = sandbox_landlock_rules(plan->readable);
    if (rules < 0 && !is_root)
        return give_reason(reason, reason_size, "no Landlock, without which only root can fence files off", errno);

    int output[2] = {-1, -1}, error[2] = {-1, -1}, setbacks[2] = {-1, -1};
    int result = -1;
    if (pipe2(output, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0 || pipe2(setbacks, O_CLOEXEC) < 0
        || fcntl(output[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(error[0], F_SETFL, O_NONBLOCK) < 0) {
        give_reason(reason, reason_size, "pipe", errno);
    } else {
        struct preparation it = {
            .plan = plan, .parent = getpid(), .output = output[1], .error = error[1], .setbacks = setbacks[1], .rules = rules,
            .becomes_nobody = is_root,
        };
        child->process = fork_into(&it);
        if (child->process < 0) {
            give_reason(reason, reason_size, "fork", errno);
        } else {
            close(setbacks[1]);
            setbacks[1] = -1;
            result = await_exec(child->process, setbacks[0], child, reason, reason_size);
        }
    }
    if (result == 0) {
        child->output = output[0];
        child->error = error[0];
        output[0] = error[0] = -1;
    }
    close_pair(output);
    close_pair(error);
    close_pair(setbacks);
    if (rules >= 0) close(rules);
    return result;
}

int nightshift_sandbox_input(const void *bytes, size_t count) {
    int file = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -1;
    for (size_t done = 0; done < count;) {
        ssize_t written = write(file, (const char *)bytes + done, count - done);
        if (written > 0) done += (size_t)written;
        else if (errno != EINTR) return close(file), -1;
    }
    if (lseek(file, 0, SEEK_SET) < 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return close(file), -1;
    return file;
}
