#include "cli/backup_flags.hpp"

#include "background/worker.hpp"
#include "base/time.hpp"
#include "cli/backup_copy.hpp"
#include "cli/file_safety.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace carrel::cli {

namespace {

// Whatever ends with .db there is a copy, which may be fetched and removed: the database must not be among them.
std::string fault_in_directory(const std::string& directory, const std::string& database) {
    if (directory.empty() || database == ":memory:") return {};
    std::error_code ec;
    const auto own = std::filesystem::path(database).parent_path();
    if (!std::filesystem::equivalent(directory, own.empty() ? std::filesystem::path(".") : own, ec)) return {};
    return "--backup-directory: " + directory + " is that of the database, which would count as a copy; make one in it";
}

}  // namespace

void add_backup_flags(CLI::App& app, backup_flags& into) {
    constexpr const char* group = "Backups";
    app.add_option("--backup-directory", into.directory,
                   "directory of copies of the database, which POST /admin/backup and the schedule make")
        ->group(group);
    app.add_option("--backup-every", into.every_text, "make a copy each time so long has passed, such as 6h or 1d")
        ->group(group);
    app.add_option("--backup-keep", into.kept.copies,
                   "remove copies beyond so many, but for those that somebody named; 0: none is removed for that")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str()
        ->group(group);
    app.add_option("--backup-keep-days", into.kept.days,
                   "remove those that are older; with --backup-keep what is within either stays; 0: of any age")
        ->check(CLI::Range(0, 36'500))
        ->capture_default_str()
        ->group(group);
    app.add_option("--backup-bytes-per-second", into.bytes_per_second_max,
                   "what a copy may read and write in a second, such as 50MiB; 0: as fast as it can")
        ->transform(CLI::AsSizeValue(true))
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 50))
        ->capture_default_str()
        ->group(group);
}

std::string fault_in_backups(backup_flags& flags, const std::string& database) {
    constexpr std::int64_t every_min = 60, every_max = std::int64_t{366} * 86'400;
    if (!flags.every_text.empty()) {
        const auto every = siem::parse_duration(flags.every_text);
        flags.every = std::chrono::seconds(every.value_or(0) / 1'000'000);
        if (flags.every.count() < every_min || flags.every.count() > every_max)
            return "--backup-every: '" + flags.every_text + "' is no time from 1m to 366d, such as 6h";
    }
    const bool is_about_copies = flags.every.count() > 0 || flags.kept.has_bounds() || flags.bytes_per_second_max > 0;
    if (flags.directory.empty() && is_about_copies)
        return "--backup-every, --backup-keep, --backup-keep-days and --backup-bytes-per-second need "
               "--backup-directory";
    return fault_in_directory(flags.directory, database);
}

std::string describe_backups(const backup_flags& flags) {
    if (flags.directory.empty()) return {};
    std::string text = ", backups to " + flags.directory;
    if (flags.every.count() > 0) text += " every " + flags.every_text;
    if (flags.kept.copies > 0) text += ", " + std::to_string(flags.kept.copies) + " kept";
    if (flags.kept.days > 0) text += ", for " + std::to_string(flags.kept.days) + " days";
    if (flags.bytes_per_second_max > 0)
        text += ", at most " + std::to_string(flags.bytes_per_second_max) + " bytes a second";
    return text;
}

std::optional<int> open_backups(database& store, const serve_settings& settings,
                                std::shared_ptr<siem::backup_service>& into) {
    const auto& flags = settings.backups;
    if (flags.directory.empty()) return std::nullopt;
    // Whoever can write there could put a database of their own in the place of a copy.
    if (const auto why = unsafe_database(flags.directory + "/copy.db"); !why.empty())
        return unusable("serve: --backup-directory: " + why, exit_permission);
    siem::backup_settings wanted;
    wanted.directory = flags.directory;
    wanted.every = flags.every;
    wanted.kept = flags.kept;
    wanted.bytes_per_second_max = flags.bytes_per_second_max;
    wanted.copy = [&store](const std::string& path, backup_options given) {
        return store.async_backup(path, std::move(given), as_result(boost::asio::use_future)).get();
    };
    wanted.read_facts = read_copy_facts;
    wanted.verify = verify_copy;
    wanted.note = [&store](const std::vector<siem::audit_entry>& entries) -> result<void> {
        const auto noted = store.write(
            [&](write_session& session) -> result<void> {
                for (const auto& each : entries)
                    if (auto done = siem::append_audit(session, each); !done) return done;
                return {};
            },
            siem::background_options());
        return noted ? result<void>() : noted.error();
    };
    wanted.log = settings.store.log;
    auto opened = siem::backup_service::open(std::move(wanted));
    if (!opened)
        return unusable("serve: --backup-directory: " + opened.error().diagnostic(),
                        exit_status_of(opened.error(), exit_file));
    into = std::move(*opened);
    siem::set_backups_in_force(into);
    return std::nullopt;
}

void add_backup_counters(const siem::backup_service* of, const backup_flags& flags, std::vector<http::counter>& all) {
    const auto counted = of == nullptr ? siem::backup_counts() : of->counts();
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)); };
    all.push_back({"backups_total", "Backups made, by how they ended.", counted.succeeded, {"result", "success"}});
    all.push_back({"backups_total", "Backups made, by how they ended.", counted.failed, {"result", "failure"}});
    const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        all.push_back({name, help, value, {}, true});
    };
    gauge("backup_last_success_timestamp_seconds", "When the newest copy was taken, in seconds since 1970; 0: none.",
          number(counted.last_success_at));
    gauge("backup_last_duration_seconds", "How long the newest copy of this process took, in whole seconds.",
          number(std::lround(std::ceil(counted.last_seconds))));
    gauge("backup_last_bytes", "Size of the newest copy of this process.", number(counted.last_bytes));
    gauge("backup_interval_seconds", "How often the schedule makes a copy; 0: never.", number(flags.every.count()));
}

}  // namespace carrel::cli
