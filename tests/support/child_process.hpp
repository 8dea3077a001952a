#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace carrel::testing {

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
