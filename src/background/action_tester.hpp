#pragma once

#include "background/worker.hpp"
#include "siem/commit_watch.hpp"

#include <deque>

namespace carrel::siem {

/// Makes the attempts that `POST /actions/{id}/test` requested, on a few threads of its own, as long as it lives. Those that a stop
/// or a crash broke off have failed.
class action_tester {
public:
    /// The database must outlive it.
    action_tester(database& store, log_sink log, std::size_t threads = 2);

private:
    commit_watch tests_;
    std::deque<worker> workers_;  // last, since they use the other
};

/// Makes the oldest attempt that waits; whether there was one. For one of the tester's threads.
result<bool> make_attempt(database& store, const std::stop_token& stop);

}  // namespace carrel::siem
