#pragma once

#include "background/worker.hpp"
#include "base/time.hpp"

#include <string_view>
#include <vector>

namespace carrel::siem {

/// Something that time brings about: a rule's last day.
struct periodic_job {
    std::string_view name;
    /// Whether anything is due, so that the writer is left alone otherwise.
    result<bool> (*is_due)(read_session&, timestamp now);
    /// Does some of what is due; how much that was.
    result<std::int64_t> (*run)(write_session&, timestamp now);
};

/// Looks at the start and twice a minute for what is due, as long as it lives.
class periodic_jobs {
public:
    /// The database must outlive it.
    periodic_jobs(database& store, log_sink log);

private:
    worker worker_;
};

}  // namespace carrel::siem
