#include "cli/archive_service.hpp"

#include "cli/command.hpp"
#include "commit_archive/archive_note.hpp"

namespace carrel::cli {

result<std::string> archive_service::why_not_begun(const serve_settings& settings) {
    const auto& directory = settings.archive.directory;
    if (directory.empty()) return std::string();
    const auto missing = commits::is_noted_archive_missing(settings.store.path, directory);
    if (!missing) return missing.error();
    if (!*missing) return std::string();
    return "--archive: " + directory +
           ": the database was archived there, and no archive is there now: mount its disk, " +
           "or put it back. Only if a new one is to begin there, remove " +
           commits::archive_note_path(settings.store.path);
}

std::optional<int> archive_service::open(serve_settings& settings) {
    if (settings.archive.directory.empty()) return std::nullopt;
    const auto missing = why_not_begun(settings);
    if (!missing) {
        const auto& why = missing.error();
        return unusable("serve: --archive: " + why.diagnostic() + ": " + why.code().message(), exit_status_of(why));
    }
    if (!missing->empty()) return unusable("serve: " + *missing, exit_file);
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

void archive_service::start(database& store, const std::string& path) {
    if (!archiver_) return;
    if (auto noted = commits::note_archive(path, archiver_->settings().directory); !noted)
        archiver_->log(log_level::warning,
                       "where it is was not noted, so that it would be begun anew if it were missing "
                       "at the next start: " +
                           noted.error().message());
    upkeep_.emplace(*archiver_, store);
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
