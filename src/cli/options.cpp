#include "cli/options.hpp"

#include "cli/account_flags.hpp"
#include "cli/archive_flags.hpp"
#include "cli/backup_flags.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/limit_flags.hpp"
#include "cli/listen_address.hpp"
#include "cli/outbound_flags.hpp"
#include "cli/settings_file.hpp"
#include "cli/tls_flags.hpp"
#include "siem/functions.hpp"
#include "siem/migrations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <thread>

namespace carrel::cli {
namespace {

// Numbers as they are typed, before they become durations and byte counts. Defaults are the library's own.
struct typed {
    const options standard{};
    std::string database = standard.path;
    std::string listen = "127.0.0.1:8080";
    std::vector<std::string> syslog;
    std::uint64_t syslog_message_kib = 256;
    std::string durability = "full";
    std::uint64_t readers = standard.readers_max, shards = 0;
    std::uint64_t batch_jobs_max = standard.batch_jobs_max;
    std::uint64_t batch_time_ms = static_cast<std::uint64_t>(standard.batch_time_max.count());
    std::uint64_t read_budget_us = static_cast<std::uint64_t>(standard.read_budget.count());
    std::uint64_t checkpoint_frames = standard.checkpoint_frames;
    std::uint64_t wal_soft_mib = standard.wal_soft_bytes >> 20, wal_hard_mib = standard.wal_hard_bytes >> 20;
    std::uint64_t page_cache_kib = standard.page_cache_kib, background_cache_kib = standard.background_cache_kib;
    std::uint64_t slow_statement_ms = static_cast<std::uint64_t>(standard.slow_statement_time.count());
    std::uint64_t drain_ms = 10'000;
};

void add_main_flags(CLI::App& app, typed& raw, serve_settings& settings) {
    app.add_option("--database", raw.database, "file to serve; :memory: for a private one")->capture_default_str();
    app.add_option("--listen", raw.listen, "ADDR:PORT; port 0 picks one")->capture_default_str();
    app.add_option("--syslog", raw.syslog,
                   "ADDR:PORT that takes syslog, by UDP and TCP, or udp://… or tcp://… for one; may be repeated")
        ->delimiter(',');
    app.add_option("--syslog-message-kib-max", raw.syslog_message_kib, "of a message by TCP; what is longer is cut")
        ->check(CLI::Range(1, 16'384))
        ->capture_default_str()
        ->group("Limits");
    app.add_option("--listener-address", settings.listeners.addresses,
                   "address beside loopback that listeners may be started on, such as 0.0.0.0; may be repeated")
        ->delimiter(',');
    app.add_option("--readers", raw.readers, "reading connections, those of the shards included")
        ->check(CLI::Range(2, 256))
        ->capture_default_str();
    app.add_option("--shards", raw.shards, "threads that serve sockets (default: one a core)")
        ->check(CLI::Range(1, 255));
    app.add_option("--durability", raw.durability, "full: acknowledged after fsync; normal: after the commit")
        ->check(CLI::IsMember({"full", "normal"}))
        ->capture_default_str();
    app.add_option("--retention-days", settings.kept.days, "events whose time is longer ago are deleted; 0: none")
        ->check(CLI::Range(0, 36'500))
        ->capture_default_str();
    app.add_option("--retention-bytes", settings.kept.bytes,
                   "what stored events may take, such as 20GiB, before the oldest are deleted; 0: any")
        ->transform(CLI::AsSizeValue(true))
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 60))
        ->capture_default_str();
    add_access_flags(app, settings.front);
    add_tls_flags(app, settings.tls);
    add_outbound_flags(app, settings);
    add_account_flags(app, settings);
    add_archive_flags(app, settings.archive_typed);
    add_backup_flags(app, settings.backups);
    app.add_option("--log-file", settings.log.file, "file to log to, opened anew at SIGHUP (default: stderr)");
    app.add_option("--log-format", settings.log.format, "of the log")
        ->check(CLI::IsMember({"text", "json", "journal"}))
        ->capture_default_str();
    app.add_option("--log-level", settings.log.level, "least level that is logged")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    add_telemetry_flags(app, settings.telemetry);
}

void add_tuning_flags(CLI::App& app, typed& raw) {
    const auto number = [&app](const char* flag, std::uint64_t& into, std::uint64_t low, std::uint64_t high,
                               const char* what) {
        app.add_option(flag, into, what)->check(CLI::Range(low, high))->capture_default_str()->group("Tuning");
    };
    number("--batch-jobs-max", raw.batch_jobs_max, 1, 65'536, "mutations a commit; 1 switches group commit off");
    number("--batch-time-ms", raw.batch_time_ms, 1, 10'000, "longest run of mutations before a commit");
    number("--read-budget-us", raw.read_budget_us, 50, 1'000'000, "longest read on a shard's own reader");
    number("--checkpoint-frames", raw.checkpoint_frames, 1, 1u << 20, "frames in the WAL before a checkpoint");
    number("--wal-soft-mib", raw.wal_soft_mib, 1, 1u << 20, "WAL size from which deep reads wait");
    number("--wal-hard-mib", raw.wal_hard_mib, 1, 1u << 20,
           "WAL size that is kept to by interrupting the oldest reader");
    number("--page-cache-kib", raw.page_cache_kib, 256, 4u << 20,
           "page cache of the writer and of each shard's reader");
    number("--background-cache-kib", raw.background_cache_kib, 256, 4u << 20, "page cache of each background reader");
    number("--slow-statement-ms", raw.slow_statement_ms, 0, 60'000,
           "a request whose work in the database takes longer is logged; 0: none");
    number("--drain-ms", raw.drain_ms, 0, 600'000, "how long requests in flight may take at the end");
}

void take_over(const typed& raw, serve_settings& settings) {
    auto& store = settings.store;
    store = store_options(raw.database);
    store.default_durability = raw.durability == "full" ? durability::full : durability::normal;
    store.readers_max = raw.readers;
    store.readers_idle = std::min<std::size_t>(store.readers_idle, raw.readers);
    store.batch_jobs_max = raw.batch_jobs_max;
    store.batch_time_max = std::chrono::milliseconds(raw.batch_time_ms);
    store.read_budget = std::chrono::microseconds(raw.read_budget_us);
    store.checkpoint_frames = raw.checkpoint_frames;
    store.wal_soft_bytes = raw.wal_soft_mib << 20;
    store.wal_hard_bytes = raw.wal_hard_mib << 20;
    store.page_cache_kib = raw.page_cache_kib;
    store.background_cache_kib = raw.background_cache_kib;
    store.slow_statement_time = std::chrono::milliseconds(raw.slow_statement_ms);
    settings.drain_time_max = std::chrono::milliseconds(raw.drain_ms);
    settings.accounts.session_idle_max = std::chrono::minutes(settings.session_idle_minutes);
    settings.accounts.session_max = std::chrono::hours(settings.session_hours_max);
    settings.accounts.passwords.age_max = std::chrono::days(settings.password_days_max);
    settings.accounts.passwords.lockout = std::chrono::minutes(settings.lockout_minutes);
    // Every shard holds one reader and one is always kept for deep reads.
    const std::uint64_t cores = std::max(1u, std::thread::hardware_concurrency());
    settings.front.shards = raw.shards != 0 ? raw.shards : std::min(cores, raw.readers - 1);
}

// Open files that a server with these settings needs at least: SQLite's of each connection, what a shard waits with, and
// some for sockets and the log.
std::uint64_t open_files_min(const serve_settings& settings) {
    return 2 * (settings.store.readers_max + 1) + 4 * settings.front.shards + 32;
}

std::string fault_in_syslog(const typed& raw, serve_settings& settings) {
    settings.syslog.message_bytes_max = raw.syslog_message_kib << 10;
    for (const auto& each : raw.syslog) {
        const auto found = parse_syslog_address(each);
        if (found.empty())
            return "--syslog: '" + each +
                   "' is not ADDR:PORT, udp://ADDR:PORT or tcp://ADDR:PORT, such as udp://127.0.0.1:514";
        if (!found.front().address.is_loopback() && !settings.front.insecure)
            return "--syslog: " + each + " is not loopback and syslog has no authentication; --insecure allows it";
        settings.syslog.endpoints.insert(settings.syslog.endpoints.end(), found.begin(), found.end());
    }
    return {};
}

std::string fault_in_listeners(serve_settings& settings) {
    settings.listeners.anywhere = settings.front.insecure;
    for (const auto& each : settings.listeners.addresses) {
        error_code ec;
        boost::asio::ip::make_address(each, ec);
        if (ec) return "--listener-address: '" + each + "' is not an address, such as 0.0.0.0 or ::";
    }
    return {};
}

std::string fault_in_open_files(const serve_settings& settings) {
    struct rlimit limit {};
    const auto needed = open_files_min(settings);
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= needed) return {};
    return "the limit of open files is " + std::to_string(limit.rlim_max) + ", these settings need " +
           std::to_string(needed) + " (ulimit -n)";
}

// Lines that are put at the end of such a file are lost, or it is.
std::string fault_in_logs(const serve_settings& settings) {
    std::vector<std::string> others;
    if (const auto& path = settings.store.path; path != ":memory:")
        for (const char* const ending : {"", "-wal", "-shm", "-journal", ".lock", ".key", ".archived"})
            others.push_back(path + ending);
    for (const auto& each : {settings.key_file, settings.tls.certificate_file, settings.tls.key_file})
        if (!each.empty()) others.push_back(each);
    const auto fault_in = [&](const char* flag, const std::string& path) {
        const auto other = path.empty() ? path : same_file(path, others);
        return other.empty() ? other : std::string(flag) + ": " + other + " is in use for something else";
    };
    if (auto fault = fault_in("--log-file", settings.log.file); !fault.empty()) return fault;
    const auto& lines = settings.telemetry.access_log;
    return fault_in("--access-log", lines == "off" || lines == "-" ? std::string() : lines);
}

// Faults that no flag has by itself. Empty if there are none.
std::string fault_in(const typed& raw, serve_settings& settings) {
    const auto address = parse_listen_address(raw.listen);
    if (!address) return "--listen: '" + raw.listen + "' is not ADDR:PORT, such as 127.0.0.1:8080 or [::1]:0";
    const bool is_safe = settings.front.insecure || !settings.tls.certificate_file.empty();
    if (!address->address().is_loopback() && !is_safe)
        return "--listen: " + raw.listen +
               " is not loopback and nobody may read along there: it needs TLS, or --insecure";
    if (settings.front.shards >= raw.readers)
        return "--shards: " + std::to_string(raw.shards) + " shards need --readers of at least " +
               std::to_string(raw.shards + 1);
    settings.front.address = address->address().to_string();
    settings.front.port = address->port();
    if (auto fault = fault_in_access(settings.front); !fault.empty()) return fault;
    if (auto fault = fault_in_tls(settings.tls); !fault.empty()) return fault;
    if (auto fault = fault_in_syslog(raw, settings); !fault.empty()) return fault;
    if (auto fault = fault_in_listeners(settings); !fault.empty()) return fault;
    if (auto fault = fault_in_outbound(settings); !fault.empty()) return fault;
    if (auto fault = fault_in_archive(settings); !fault.empty()) return fault;
    if (auto fault = fault_in_telemetry(settings.telemetry); !fault.empty()) return fault;
    if (auto fault = fault_in_logs(settings); !fault.empty()) return fault;
    if (auto fault = fault_in_backups(settings.backups, settings.store.path); !fault.empty()) return fault;
    if (auto valid = settings.store.validate(); !valid) return valid.error().diagnostic();
    return fault_in_open_files(settings);
}

}  // namespace

std::variant<serve_settings, int> parse_serve(std::span<char*> arguments) {
    return parse_serve(
        arguments, "serve",
        "Answers HTTP requests from a database. Each flag is also read from the environment as CARREL_…");
}

std::variant<serve_settings, int> parse_serve(std::span<char*> arguments, const std::string& command,
                                              const std::string& summary) {
    typed raw;
    serve_settings settings;
    CLI::App app(summary, command);
    add_main_flags(app, raw, settings);
    add_tuning_flags(app, raw);
    add_limit_flags(app, settings.front.limits);
    add_settings_file(app);
    if (const auto ended = parse(app, arguments)) return *ended;
    if (const auto ended = apply_settings_file(app)) return *ended;
    take_over(raw, settings);
    if (const auto fault = fault_in(raw, settings); !fault.empty()) return unusable(command + ": " + fault);
    return settings;
}

std::string describe(const siem::retention& kept) {
    if (kept.days == 0 && kept.bytes == 0) return "retention without end";
    std::string text = "retention";
    if (kept.days > 0) text += " " + std::to_string(kept.days) + " days";
    if (kept.bytes > 0) text += (kept.days > 0 ? " and " : " ") + std::to_string(kept.bytes) + " bytes";
    return text;
}

std::string describe(const serve_settings& settings) {
    const auto& store = settings.store;
    std::string text = "database " + store.path;
    text += store.default_durability == durability::full ? ", durability full" : ", durability normal";
    text += ", readers " + std::to_string(store.readers_max) + ", shards " + std::to_string(settings.front.shards);
    text += ", batches of " + std::to_string(store.batch_jobs_max) + " jobs";
    text += " or " + std::to_string(store.batch_time_max.count()) + " ms";
    text += ", read budget " + std::to_string(store.read_budget.count()) + " us";
    text += ", WAL " + std::to_string(store.wal_soft_bytes >> 20) + " to " +
            std::to_string(store.wal_hard_bytes >> 20) + " MiB";
    text += ", " + describe(settings.kept);
    const auto connections = settings.front.limits.connections_max;
    text += ", connections " + (connections == 0 ? std::string("by open files") : std::to_string(connections));
    text += ", drain " + std::to_string(settings.drain_time_max.count()) + " ms, log level " + settings.log.level;
    for (const auto& each : settings.syslog.endpoints)
        text += std::string(", syslog ") + (each.protocol == syslog::transport::udp ? "udp://" : "tcp://") +
                syslog::authority(each.address, each.port);
    for (const auto& address : settings.listeners.addresses) text += ", listeners on " + address;
    text += describe_tls(settings.tls);
    text += describe_outbound(settings);
    text += describe_archive(settings);
    text += describe_telemetry(settings.telemetry);
    text += describe_backups(settings.backups);
    for (const auto& host : settings.front.allow_hosts) text += ", host " + host;
    for (const auto& origin : settings.front.allow_origins) text += ", origin " + origin;
    for (const auto& proxy : settings.front.trusted_proxies) text += ", proxy " + proxy;
    return text;
}

options store_options(const std::string& path) {
    options made;
    made.path = path;
    made.migrations = siem::migrations();
    made.functions = siem::functions();
    // A new file can give pages back while it is used; one that is there is as it was made.
    std::error_code ec;
    const bool is_there = std::filesystem::exists(path, ec) && std::filesystem::file_size(path, ec) > 0;
    if (!is_there) made.auto_vacuum = vacuum_mode::incremental;
    return made;
}

namespace {

// Carrel waits for itself, and has waited for others here.
bool is_locked(const error& why) {
    constexpr int primary_code_mask = 0xff;
    return why.code().category() == sqlite_category() &&
           (why.code().value() & primary_code_mask) == static_cast<int>(sqlite_errc::busy);
}

}  // namespace

std::string explain(const error& why, const std::string& path) {
    if (why == errc::no_directory) return "the directory of " + path + " does not exist";
    if (why == errc::read_only_file) return path + " may not be written";
    if (why == errc::not_a_database) return path + " is not a SQLite database";
    if (why == errc::database_in_use) return path + " is in use by another carrel";
    if (why == errc::network_filesystem) return path + " is on a network file system";
    if (why == errc::not_a_carrel_database) return path + " is the database of another program";
    if (why == errc::hard_linked) return path + " has another name, too (a hard link)";
    if (why == errc::file_replaced) return path + " was replaced while it was opened";
    if (is_locked(why)) return path + " is locked by another program";
    if (why == errc::unsafe_sqlite) return "the SQLite library in use is not safe for several threads";
    if (why == errc::newer_database)
        return path + " was written by a newer carrel than " CARREL_VERSION ": " + why.diagnostic();
    if (why == errc::migration_changed)
        return path + " was written by another carrel than " CARREL_VERSION ": " + why.diagnostic();
    return path + ": " + explain(why);
}

std::string explain(const error& why) {
    return why == errc::invalid_option && !why.diagnostic().empty() ? why.diagnostic() : why.message();
}

int exit_status_of(const error& why, int otherwise) {
    if (why == errc::database_in_use || is_locked(why)) return exit_in_use;
    if (why == errc::read_only_file) return exit_permission;
    if (why == errc::migration_changed || why == errc::file_replaced || why == errc::profile_mismatch ||
        why == sqlite_errc::corrupt)
        return exit_damaged;
    if (why == errc::not_a_database || why == sqlite_errc::not_a_database) return exit_file;
    if (why == errc::invalid_option || why == errc::unsafe_sqlite) return exit_usage;
    const int number = why.code().category() == boost::system::system_category() ? why.code().value() : 0;
    if (number == EMFILE || number == ENFILE) return exit_usage;
    return number == EACCES || number == EPERM || number == EROFS ? exit_permission : otherwise;
}

}  // namespace carrel::cli
