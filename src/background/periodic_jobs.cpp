#include "background/periodic_jobs.hpp"

#include "siem/blobs.hpp"
#include "siem/console/search_uses.hpp"
#include "siem/listeners/dead_letter_upkeep.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/rule_operations.hpp"

#include <array>

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds interval{30};

constexpr std::array jobs{
    periodic_job{"rules whose last day has come", has_sunset_rules, sunset_rules},
    periodic_job{"uses of saved searches", has_search_uses, write_search_uses},
    periodic_job{"dead letters that are old", has_old_dead_letters, drop_old_dead_letters},
    periodic_job{"approvals whose time has come", has_due_approvals, end_due_approvals},
    periodic_job{"chunks of files that nobody refers to", has_released_blobs, remove_blobs},
};

// All that a job has to do now.
result<void> run(database& store, const periodic_job& job, const log_sink& log, const std::stop_token& stop) {
    std::int64_t done = 0;
    while (!stop.stop_requested()) {
        const timestamp now = wall_clock();
        const auto due =
            store.read([&](read_session& session) { return job.is_due(session, now); }, background_options());
        if (!due) return due.error();
        if (!*due) break;
        const auto some =
            store.write([&](write_session& session) { return job.run(session, now); }, background_options());
        if (!some) return some.error();
        if (some->value == 0) break;
        done += some->value;
    }
    if (done > 0 && log) log(log_level::info, std::string(job.name) + ": " + std::to_string(done));
    return {};
}

// One that fails does not keep the others from their work. There is no more to do before the next look.
result<bool> run_all(database& store, const log_sink& log, const std::stop_token& stop) {
    result<void> failed;
    for (const periodic_job& each : jobs)
        if (auto done = run(store, each, log, stop); !done) failed = done;
    if (!failed) return failed.error();
    return false;
}

}  // namespace

periodic_jobs::periodic_jobs(database& store, log_sink log)
    : worker_([&store, log](const std::stop_token& stop) { return run_all(store, log, stop); }, log,
              "what is due could not be done", interval) {}

}  // namespace carrel::siem
