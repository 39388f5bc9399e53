#define _GNU_SOURCE
#include "Fences.h"
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows the system calls of x86_64 and aarch64 only"
#endif

// Both architectures are little-endian: the low half of an argument comes first.
#define LOW(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH(n) (LOW(n) + 4)

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, count)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSAL(code) (SECCOMP_RET_ERRNO | (code))

#define ALLOW(name) SKIP_UNLESS(__NR_##name, 1), ANSWER(SECCOMP_RET_ALLOW)
#define REFUSE(name) SKIP_UNLESS(__NR_##name, 1), ANSWER(REFUSAL(EPERM))
/// Opens for reading only.
#define ALLOW_READING(name, flags)                                                     \
    SKIP_UNLESS(__NR_##name, 4), LOAD(LOW(flags)),                                     \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 1, 0),     \
        ANSWER(SECCOMP_RET_ALLOW), ANSWER(REFUSAL(EACCES))
#define OR_ALLOW(value) SKIP_UNLESS(value, 1), ANSWER(SECCOMP_RET_ALLOW)

// What a computation needs. Calls that are refused by name say "not permitted"; all others "not implemented", upon which the C
// library tries an older one.
static const struct sock_filter filter[] = {
    LOAD(offsetof(struct seccomp_data, arch)),
    SKIP_UNLESS(ARCHITECTURE, 1),
    BPF_STMT(BPF_JMP | BPF_JA, 1),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    // x32 calls bear numbers above all others: none is in the list.
    LOAD(offsetof(struct seccomp_data, nr)),

    // Memory and time.
    ALLOW(brk), ALLOW(mmap), ALLOW(mprotect), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),
    ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday),
    ALLOW(futex), ALLOW(getrandom), ALLOW(membarrier), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(getcpu),
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(restart_syscall), ALLOW(sigaltstack),
    ALLOW(setitimer), ALLOW(getitimer), ALLOW(getrusage), ALLOW(times), ALLOW(sysinfo), ALLOW(uname),
    ALLOW(set_tid_address), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(execve), ALLOW(exit), ALLOW(exit_group),
    ALLOW(getpid), ALLOW(getppid), ALLOW(gettid), ALLOW(getpgid), ALLOW(getsid),
    ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), ALLOW(getgroups), ALLOW(getresuid), ALLOW(getresgid),

    // Open descriptors, and files to read.
    ALLOW(read), ALLOW(readv), ALLOW(pread64), ALLOW(preadv), ALLOW(write), ALLOW(writev), ALLOW(lseek), ALLOW(close),
    ALLOW(close_range), ALLOW(dup), ALLOW(dup3), ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(statfs), ALLOW(fstatfs),
    ALLOW(faccessat), ALLOW(faccessat2), ALLOW(readlinkat), ALLOW(getdents64), ALLOW(getcwd), ALLOW(chdir), ALLOW(fchdir),
    ALLOW(fadvise64), ALLOW(ppoll), ALLOW(pselect6), ALLOW(pipe2), ALLOW(umask),
    ALLOW_READING(openat, 2),
#if defined(__x86_64__)
    ALLOW(arch_prctl), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink), ALLOW(getdents), ALLOW(poll), ALLOW(select),
    ALLOW(pipe), ALLOW(dup2), ALLOW(time), ALLOW(getpgrp), ALLOW(getrlimit), ALLOW(alarm),
    ALLOW_READING(open, 1),
    REFUSE(fork), REFUSE(vfork), REFUSE(unlink), REFUSE(rename), REFUSE(mkdir), REFUSE(rmdir), REFUSE(chmod), REFUSE(symlink),
    REFUSE(link), REFUSE(creat),
#endif

    REFUSE(socket), REFUSE(socketpair), REFUSE(connect), REFUSE(bind), REFUSE(listen), REFUSE(sendto), REFUSE(sendmsg),
    REFUSE(clone), REFUSE(kill), REFUSE(tkill), REFUSE(tgkill), REFUSE(ptrace), REFUSE(process_vm_readv),
    REFUSE(process_vm_writev), REFUSE(io_uring_setup), REFUSE(bpf), REFUSE(unshare), REFUSE(setns), REFUSE(mount),
    REFUSE(setuid), REFUSE(setgid), REFUSE(setresuid), REFUSE(setrlimit), REFUSE(prctl), REFUSE(unlinkat), REFUSE(renameat2),
    REFUSE(mkdirat), REFUSE(fchmod), REFUSE(fchmodat), REFUSE(fchown), REFUSE(symlinkat), REFUSE(linkat), REFUSE(truncate),
    REFUSE(memfd_create), REFUSE(setsid), REFUSE(setpgid),

    // Limits may be read, not set: the new ones are a null pointer.
    SKIP_UNLESS(__NR_prlimit64, 6), LOAD(LOW(2)), SKIP_UNLESS(0, 3), LOAD(HIGH(2)), SKIP_UNLESS(0, 1),
    ANSWER(SECCOMP_RET_ALLOW), ANSWER(REFUSAL(EPERM)),

    // Not F_SETOWN: through it the kernel sends signals to others.
    SKIP_UNLESS(__NR_fcntl, 14), LOAD(LOW(1)), OR_ALLOW(F_GETFD), OR_ALLOW(F_SETFD), OR_ALLOW(F_GETFL), OR_ALLOW(F_SETFL),
    OR_ALLOW(F_DUPFD), OR_ALLOW(F_DUPFD_CLOEXEC), ANSWER(REFUSAL(EPERM)),

    SKIP_UNLESS(__NR_ioctl, 8), LOAD(LOW(1)), OR_ALLOW(TCGETS), OR_ALLOW(FIOCLEX), OR_ALLOW(FIONCLEX),
    ANSWER(REFUSAL(ENOTTY)),

    ANSWER(REFUSAL(ENOSYS)),
};

int sandbox_filter_system_calls(void) {
    struct sock_fprog program = {
        .len = sizeof filter / sizeof filter[0],
        .filter = (struct sock_filter *)filter,
    };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
