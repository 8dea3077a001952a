#pragma once

#include "background/backup_service.hpp"
#include "cli/options.hpp"
#include "http/counter.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

// The backups of `carrel serve`.
namespace carrel::cli {

/// `--backup-directory`, `--backup-every`, `--backup-keep`, `--backup-keep-days` and `--backup-bytes-per-second`. `into`
/// must outlive the parsing.
void add_backup_flags(CLI::App& app, backup_flags& into);
/// What no flag says by itself, with the path of the database; fills in what they mean. Empty if there is nothing.
std::string fault_in_backups(backup_flags& flags, const std::string& database);
/// For the line of settings in the log; empty without a folder.
std::string describe_backups(const backup_flags& flags);

/// Opens the folder, if there is to be one. An exit status if it cannot be used.
std::optional<int> open_backups(database& store, const serve_settings& settings,
                                std::shared_ptr<siem::backup_service>& into);
/// Appends what the page of metrics shows; zeros without a folder. Any thread.
void add_backup_counters(const siem::backup_service* of, const backup_flags& flags, std::vector<http::counter>& all);

}  // namespace carrel::cli
