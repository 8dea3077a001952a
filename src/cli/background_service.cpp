#include "cli/background_service.hpp"

#include "background/access_keeper.hpp"
#include "background/action_tester.hpp"
#include "background/feed_runner.hpp"
#include "background/hunt_runner.hpp"
#include "background/periodic_jobs.hpp"
#include "background/playbook_runner.hpp"
#include "background/trouble_watch.hpp"

namespace carrel::cli {

struct background_service::workers {
    workers(database& store, const std::shared_ptr<siem::access_in_force>& access, const log_sink& log,
            siem::work_counts& counts)
        : sessions(store, access, log),
          periodic(store, log),
          hunts(store, log),
          tester(store, log),
          playbooks(store, log, counts),
          feeds(store, log, counts),
          troubles(store, log, counts) {}

    siem::access_keeper sessions;
    siem::periodic_jobs periodic;
    siem::hunt_runner hunts;
    siem::action_tester tester;
    siem::playbook_runner playbooks;
    siem::feed_runner feeds;
    siem::trouble_watch troubles;
};

background_service::background_service() = default;

background_service::~background_service() = default;

void background_service::start(database& store, const std::shared_ptr<siem::access_in_force>& access,
                               const log_sink& log) {
    workers_ = std::make_unique<workers>(store, access, log, counts_);
}

void background_service::stop() noexcept { workers_.reset(); }

void background_service::add_counters(std::vector<http::counter>& all) const {
    const auto by_outcome = [&all](std::string_view name, std::string_view help,
                                   std::initializer_list<std::pair<std::string_view, std::uint64_t>> outcomes) {
        for (const auto& [outcome, count] : outcomes) all.push_back({name, help, count, {"outcome", outcome}});
    };
    by_outcome("feed_syncs_total", "Synchronisations of feeds, by how they ended.",
               {{"succeeded", counts_.syncs_succeeded}, {"failed", counts_.syncs_failed}});
    by_outcome("playbook_steps_total",
               "Attempts at steps of playbooks that others do; repeated: it failed and is tried again.",
               {{"succeeded", counts_.steps_succeeded},
                {"failed", counts_.steps_failed},
                {"unknown", counts_.steps_unknown},
                {"repeated", counts_.steps_repeated}});
    by_outcome("approval_notices_total", "Notices about requests for approval, by what became of them.",
               {{"sent", counts_.notices_sent}, {"failed", counts_.notices_failed}});
    const auto troubles = counts_.troubles();
    const auto gauge = [&all](std::string_view name, std::string_view help, std::int64_t value,
                              std::pair<std::string_view, std::string_view> label = {}) {
        all.push_back({name, help, static_cast<std::uint64_t>(value), label, true});
    };
    for (const auto& each : troubles.feeds)
        gauge("feeds_failing", "Enabled feeds whose last synchronisation failed.", each.failing, {"kind", each.kind});
    for (const auto& each : troubles.feeds)
        gauge("feed_consecutive_failures", "How often the feed that fails most has failed since it was last read.",
              each.consecutive_failures, {"kind", each.kind});
    gauge("listeners_failing", "Listeners in error.", troubles.listeners_failing);
    gauge("dead_letters_pending", "Dead letters that nobody has dealt with; 10001: more than 10,000.",
          troubles.letters_pending);
}

}  // namespace carrel::cli
