#pragma once

#include "base/time.hpp"

#include <carrel/database.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace carrel::siem {

/// Something that time brings about: a rule's last day, an indicator that expires.
struct periodic_job {
    std::string_view name;
    /// Does a little of what is due; how much that was. It is called again at once until there was nothing.
    std::function<result<std::int64_t>(write_session&, timestamp now)> run;
    /// Whether anything is due, so that the writer is left alone otherwise.
    std::function<result<bool>(read_session&, timestamp now)> is_due;
};

struct periodic_settings {
    log_sink log;
    std::chrono::milliseconds interval{30'000};
    std::function<timestamp()> clock;  // empty: the system's
};

/// The jobs there are.
std::vector<periodic_job> periodic_jobs();

/// Runs them at the start and at each interval, on a thread of its own, as long as it lives.
class periodic_runner {
public:
    /// The database must outlive it. What fails is logged and tried again.
    periodic_runner(database& store, periodic_settings settings, std::vector<periodic_job> jobs = periodic_jobs());
    /// Waits for the step at hand.
    ~periodic_runner();
    periodic_runner(const periodic_runner&) = delete;
    periodic_runner& operator=(const periodic_runner&) = delete;

private:
    void run();
    void run_one(const periodic_job& job);
    bool is_stopping();
    timestamp now() const;

    database* store_;
    periodic_settings settings_;
    std::vector<periodic_job> jobs_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stops_ = false;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace carrel::siem
