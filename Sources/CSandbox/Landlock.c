#define _GNU_SOURCE
#include "Fences.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, written out: the build machine's headers may be older than its kernel. The numbers are the same on
// all architectures.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum { ACCESS_EXECUTE = 1 << 0, ACCESS_READ_FILE = 1 << 2, ACCESS_READ_DIR = 1 << 3 };

struct ruleset {
    uint64_t handled_file_access;
};

struct path_beneath {
    uint64_t allowed_access;
    int32_t parent;
} __attribute__((packed));

/// All file accesses that this version of Landlock can refuse: 13 in the first, then refer, truncate, and device ioctl.
static uint64_t all_accesses(long version) {
    int count = version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16;
    return (1u << count) - 1;
}

static int allow_reading(int rules, const char *path) {
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    struct stat status;
    int result = fstat(descriptor, &status);
    if (result == 0) {
        struct path_beneath rule = {.allowed_access = ACCESS_READ_FILE | ACCESS_EXECUTE, .parent = descriptor};
        if (S_ISDIR(status.st_mode)) rule.allowed_access |= ACCESS_READ_DIR;
        result = (int)syscall(ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0);
    }
    int failure = errno;
    close(descriptor);
    errno = failure;
    return result;
}

int sandbox_landlock_rules(char *const *readable) {
    long version = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    if (version < 1) return -1;
    struct ruleset ruleset = {.handled_file_access = all_accesses(version)};
    int rules = (int)syscall(CREATE_RULESET, &ruleset, sizeof ruleset, 0);
    if (rules < 0) return -1;
    for (; *readable; readable++) {
        if (allow_reading(rules, *readable) == 0) continue;
        int failure = errno;
        close(rules);
        errno = failure;
        return -1;
    }
    return rules;
}

int sandbox_landlock_enforce(int rules) { return (int)syscall(RESTRICT_SELF, rules, 0); }
