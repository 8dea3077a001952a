#pragma once

#include "cli/service_manager.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace carrel::cli {

/// Tells the service manager that the program lives, twice in each of its watchdog's intervals and on a thread of its own;
/// none runs if no interval was requested.
class watchdog {
public:
    explicit watchdog(const service_manager& service);
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog();

    /// From now on it is notified only while `is_alive` says so, which is called on the watchdog's thread.
    void watch(std::function<bool()> is_alive);
    /// As before `watch`, which must be so when what `is_alive` looks at ends: an end takes its time.
    void relax();

private:
    void run();
    bool tell();

    const service_manager* service_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<bool()> is_alive_;  // empty: it lives
    bool has_warned_ = false, ends_ = false;
    std::thread thread_;
};

}  // namespace carrel::cli
