#pragma once

#include "background/work_counts.hpp"
#include "background/worker.hpp"

namespace carrel::siem {

/// Counts every five seconds what waits for somebody, as long as it lives: for the page of metrics, which asks no database.
class trouble_watch {
public:
    /// The database and `counts` must outlive it.
    trouble_watch(database& store, log_sink log, work_counts& counts);

private:
    worker worker_;
};

}  // namespace carrel::siem
