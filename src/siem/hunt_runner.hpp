#pragma once

#include "base/time.hpp"
#include "siem/indicator_watch.hpp"

#include <carrel/database.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace carrel::siem {

struct hunt_settings {
    log_sink log;
    /// Wall clock; empty: the system's.
    std::function<timestamp()> clock;
    /// How long a step keeps a reader.
    std::chrono::milliseconds step_time_max{250};
    /// How often new events are held against indicators; each time for `step_time_max` at most.
    std::chrono::milliseconds watch_interval{1'000};
};

/// Runs hunts in the background as long as it lives, one after the other (hunt_step.hpp), holds new events against the active
/// indicators (indicator_watch.hpp), and archives indicators whose time has come. One thread, which waits for readers and the writer as any caller does.
class hunt_runner {
public:
    /// The database must outlive it. What fails is logged once in a row and tried again, but for a hunt that meets damage:
    /// that one has failed.
    hunt_runner(database& store, hunt_settings settings);
    /// Waits for the step at hand.
    ~hunt_runner();
    hunt_runner(const hunt_runner&) = delete;
    hunt_runner& operator=(const hunt_runner&) = delete;

private:
    void run();
    /// A little of everything that is to do; whether there was anything.
    result<bool> step();
    result<bool> hunt();
    result<bool> expire();
    result<bool> watch_events();
    result<void> load_indicators();
    result<void> begin_watch();
    result<void> stand_at(std::optional<std::int64_t> position);
    result<void> pass_damage(const error& failure);
    template <class Work>
    auto write(Work work);
    timestamp now() const;
    void report(const error& failure);

    database* store_;
    hunt_settings settings_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stops_ = false;
    std::chrono::steady_clock::time_point expire_at_{}, watch_at_{}, load_at_{};
    watched_indicators watched_;
    std::optional<std::int64_t> watch_next_;  // nothing: there is no indicator to look for
    std::string last_failure_;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace carrel::siem
