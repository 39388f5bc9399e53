// What Swift's Glibc module leaves out: epoll, eventfd, the parent-death signal, descriptors and folder at spawn.
#pragma once
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/// The eventfd flags as an int: Swift imports them as an enum without a raw value.
static inline int nightshift_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Asks the kernel to send `signal` to this process when its parent dies.
static inline int nightshift_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

/// Has a spawned process close all descriptors from `lowest` on.
int nightshift_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);

/// Has a spawned process enter a folder first.
int nightshift_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder);
