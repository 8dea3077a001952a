#include "cli/archive_service.hpp"

#include "cli/command.hpp"

namespace carrel::cli {

std::optional<int> archive_service::open(serve_settings& settings) {
    if (settings.archive.directory.empty()) return std::nullopt;
    settings.archive.log = settings.store.log;
    auto opened = commits::archiver::open(settings.archive);
    if (!opened) {
        const auto& why = opened.error();
        if (why == errc::database_in_use) return unusable("serve: --archive: " + why.diagnostic(), exit_in_use);
        return unusable("serve: --archive: " + why.diagnostic() + ": " + why.code().message(), exit_status_of(why));
    }
    archiver_ = std::move(*opened);
    settings.store.follower = archiver_;
    return std::nullopt;
}

void archive_service::start(database& store) {
    if (archiver_) upkeep_.emplace(*archiver_, store);
}

void archive_service::add_counters(std::vector<http::counter>& all) const {
    if (!archiver_) return;
    const auto now = archiver_->counts();
    const auto gauge = [&all](std::string_view name, std::string_view help, std::uint64_t value) {
        all.push_back({name, help, value, {}, true});
    };
    gauge("archive_sequence", "Number of the last commit in the archive.", now.sequence);
    gauge("archive_timestamp_seconds", "When that was made.", static_cast<std::uint64_t>(now.time / 1'000'000));
    gauge("archive_lag_seconds", "How long the oldest commit that is not archived has waited.",
          static_cast<std::uint64_t>(now.lag_microseconds / 1'000'000));
    gauge("archive_lag_bytes", "What of the WAL is not archived.", now.lag_bytes);
    gauge("archive_up",
          "1 while commits are archived; 0: the directory is away or cannot be written, or there is a gap.",
          now.is_up ? 1 : 0);
    gauge("archive_command_seconds", "How long the command has run that takes a file now; 0: none does.",
          static_cast<std::uint64_t>(now.command_microseconds / 1'000'000));
    gauge("archive_generation", "The unbroken chain of commits that is written; 0: none.", now.generation);
    all.push_back({"archive_commits_total", "Commits archived.", now.commits});
    all.push_back({"archive_bytes_total", "Bytes of commits written to the archive.", now.bytes});
    all.push_back(
        {"archive_failures_total", "What the archive could not do: writes, bases, the command.", now.failures});
    all.push_back({"archive_gaps_total", "Times at which commits were not archived, and a new generation had to begin.",
                   now.gaps});
}

}  // namespace carrel::cli
