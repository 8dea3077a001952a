#pragma once

#include "cli/command.hpp"
#include "cli/log.hpp"
#include "cli/telemetry_flags.hpp"
#include "commit_archive/archiver.hpp"
#include "http/net/tls_options.hpp"
#include "http/server.hpp"
#include "siem/accounts.hpp"
#include "siem/backups/backup_names.hpp"
#include "siem/event_retention.hpp"
#include "siem/listeners/listener_control.hpp"
#include "siem/outbound_settings.hpp"
#include "syslog/server.hpp"

#include <carrel/options.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace carrel::cli {

/// Flags about the archive of commits, as they are typed.
struct archive_flags {
    std::string directory, base_every = "1d", keep, command, command_timeout = "1h";
    std::uint64_t interval_ms = 1'000, behind_mib = 256;
};

/// Where copies of the database go, how often, and how many stay.
struct backup_flags {
    std::string directory, every_text;
    std::chrono::seconds every{0};  ///< 0: only when somebody asks
    siem::backup_retention kept;
    std::uint64_t bytes_per_second_max = 0;  ///< 0: as fast as it can
};

/// The settings of `carrel serve`.
struct serve_settings {
    options store;
    http::server_options front;
    syslog::server_options syslog;
    http::tls_options tls;
    log_settings log;
    telemetry_settings telemetry;
    siem::retention kept;
    backup_flags backups;
    siem::outbound_settings outbound;
    std::vector<std::string> playbook_commands;  ///< NAME=/path
    siem::listener_rules listeners;
    archive_flags archive_typed;
    commits::archive_settings archive;  ///< without a directory: none
    std::string key_file;               ///< empty: beside the database
    siem::account_settings accounts;
    int session_idle_minutes = 60, session_hours_max = 24, password_days_max = 90, lockout_minutes = 15;
    bool prints_setup_link = false;
    std::chrono::milliseconds drain_time_max{10'000};
};

/// The settings from flags, environment and file, checked as far as that goes without touching anything; or the exit
/// status when help was requested or something is wrong, which has then been reported.
std::variant<serve_settings, int> parse_serve(std::span<char*> arguments);
/// As above, for another command that takes the same settings.
std::variant<serve_settings, int> parse_serve(std::span<char*> arguments, const std::string& command,
                                              const std::string& summary);

/// The settings in force, in one line: what a person needs to know of a server from its log.
std::string describe(const serve_settings& settings);

std::string describe(const siem::retention& kept);

/// Settings of the SIEM's store: its migrations and its functions.
options store_options(const std::string& path);

/// An error of `database::open` in words for the person who named the path, and the exit status it means.
std::string explain(const error& why, const std::string& path);
/// An error of what is not a file. An option that is refused says itself why.
std::string explain(const error& why);
int exit_status_of(const error& why, int otherwise = exit_file);

}  // namespace carrel::cli
