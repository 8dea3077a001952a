#pragma once

#include "background/worker.hpp"
#include "base/time.hpp"
#include "siem/commit_watch.hpp"
#include "siem/indicator_watch.hpp"

namespace carrel::siem {

/// Runs hunts in the background as long as it lives, one after the other (hunt_step.hpp), holds new events against the active
/// indicators (indicator_watch.hpp), and archives indicators whose time has come. A hunt that meets damage has failed.
class hunt_runner {
public:
    /// The database must outlive it.
    hunt_runner(database& store, log_sink log);

private:
    /// A little of everything that is to do; whether there was anything.
    result<bool> step();
    result<bool> hunt();
    result<bool> go_on();
    result<bool> expire();
    result<bool> watch_events();
    result<void> load_indicators();
    result<void> begin_watch();
    result<void> stand_at(std::optional<std::int64_t> position);
    result<void> pass_damage(const error& failure);

    database* store_;
    log_sink log_;
    commit_watch hunts_;
    std::chrono::steady_clock::time_point expire_at_{}, watch_at_{}, load_at_{};
    watched_indicators watched_;
    std::optional<std::int64_t> watch_next_;  // nothing: there is no indicator to look for
    worker worker_;                           // last, since it uses the others
};

}  // namespace carrel::siem
