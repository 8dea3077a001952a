#pragma once

#include "background/work_counts.hpp"
#include "http/counter.hpp"
#include "siem/access_in_force.hpp"

#include <carrel/database.hpp>

#include <memory>
#include <vector>

namespace carrel::cli {

/// What works beside the requests of `carrel serve`, each on threads of its own.
class background_service {
public:
    background_service();
    /// As `stop`.
    ~background_service();

    /// The database must outlive it.
    void start(database& store, const std::shared_ptr<siem::access_in_force>& access, const log_sink& log);
    /// Waits for the steps at hand. Before the database stops.
    void stop() noexcept;

    /// Appends what it has counted, for the page of metrics. Any thread.
    void add_counters(std::vector<http::counter>& all) const;

private:
    struct workers;
    siem::work_counts counts_;
    std::unique_ptr<workers> workers_;  // last, since they use the counts
};

}  // namespace carrel::cli
