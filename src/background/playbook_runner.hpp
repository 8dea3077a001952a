#pragma once

#include "background/work_counts.hpp"
#include "background/worker.hpp"
#include "outbound/policy.hpp"
#include "siem/commit_watch.hpp"
#include "siem/playbooks/execution_engine.hpp"

#include <deque>

namespace carrel::siem {

/// Runs playbooks as long as it lives. One thread does what the server does itself: holds alerts against triggers, changes
/// alerts, asks for approvals; so that never waits for anybody. A few others send and run commands, one step each. A step
/// that a stop or a crash broke off is not run again unless its author said that it may be.
class playbook_runner {
public:
    /// The database and `counts` must outlive it.
    playbook_runner(database& store, log_sink log, work_counts& counts, std::size_t threads = 4);

private:
    commit_watch alerts_, own_steps_, notices_, outbound_steps_;
    std::deque<worker> workers_;  // last, since they use the others
};

/// Holds changed alerts against triggers; whether there were any. For the first thread.
result<bool> watch_alerts(database& store, timestamp now);
/// A little of what the server does itself; whether there was anything. For the first thread.
result<bool> run_own_steps(database& store, timestamp now);
/// One step that waits for somebody else; whether there was one. For the other threads.
result<bool> run_outbound_step(database& store, const outbound::policy& rules, const std::function<timestamp()>& clock,
                               work_counts& counts, const std::stop_token& stop);
/// Tells of a request for approval; whether there was one.
result<bool> send_notice(database& store, const outbound::policy& rules, work_counts& counts,
                         const std::stop_token& stop);
/// What a process before this one left: to be called before the others.
result<void> take_over(database& store, timestamp now);

}  // namespace carrel::siem
