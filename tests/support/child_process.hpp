#pragma once

#include "support/sanitized.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace carrel::testing {

/// Whether a child of a process with threads may allocate and start threads. ThreadSanitizer lets none start there, and
/// AddressSanitizer's allocator takes no part in fork, so its locks may be held in the child for ever.
#ifdef CARREL_SANITIZED
inline constexpr bool children_may_allocate = false;
#else
inline constexpr bool children_may_allocate = true;
#endif

/// Runs `body`, which returns an exit status, in a forked child, and returns that status; -1 if a signal ended it.
template <class Body>
int in_child(Body body) {
    const pid_t child = fork();
    if (child == 0) _exit(body());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace carrel::testing
