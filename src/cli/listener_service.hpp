#pragma once

#include "cli/options.hpp"
#include "http/counter.hpp"
#include "listeners/supervisor.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace carrel::cli {

/// The listeners of `carrel serve`, which operations find in force as long as it lives. The database must outlive it.
class listener_service {
public:
    listener_service(database& store, const serve_settings& settings);
    ~listener_service();
    listener_service(const listener_service&) = delete;
    listener_service& operator=(const listener_service&) = delete;

    /// Starts those that are to run. Those that cannot are said to be in error, which is none here.
    result<void> start() { return listeners_->start(); }
    /// See supervisor::stop.
    bool stop(std::chrono::milliseconds deadline);

    /// Appends what each has counted, for the page of metrics. Any thread.
    void add_counters(std::vector<http::counter>& all);

private:
    std::string_view kept(const std::string& id);

    std::shared_ptr<listeners::supervisor> listeners_;
    std::mutex mutex_;
    std::set<std::string> ids_;  // guarded by mutex_: labels are views
};

}  // namespace carrel::cli
