#include "sqlite/backup.hpp"
#include "background/backup_folder.hpp"
#include "background/worker.hpp"
#include "cli/backup_copy.hpp"
#include "cli/backup_remote.hpp"
#include "cli/command.hpp"
#include "cli/copy_outcome.hpp"
#include "cli/file_safety.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/server_flags.hpp"
#include "sqlite/file_guard.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

struct backup_settings {
    server_flags server;
    std::string target, database;
    remote_backup wanted;
};

std::optional<int> parse_backup(std::span<char*> arguments, backup_settings& into) {
    CLI::App app(
        "Copies a database whole and checks the copy. A server copies its own while it goes on, into the folder that "
        "it was started with; without one the file is copied as it lies there.",
        "backup");
    auto* target =
        app.add_option("TARGET", into.target, "file to write, or a directory, in which the copy is named by its time");
    add_server_flags(app, into.server, "server to ask");
    auto* database = app.add_option("--database", into.database, "database to copy, while no server has it");
    exclude_server_flags(app, *database);
    auto* name = app.add_option("--name", into.wanted.name, "of the copy in the server's folder, instead of its time");
    database->excludes(name);
    database->needs(target);
    target->needs(database);
    app.add_option("--keep", into.wanted.kept.copies,
                   "remove copies named by their time beyond so many, once the new one is checked")
        ->check(CLI::Range(1, 10'000));
    app.add_option("--keep-days", into.wanted.kept.days,
                   "remove those that are older; with --keep what is within either stays")
        ->check(CLI::Range(1, 36'500));
    return parse(app, arguments);
}

// The file that the copy is to be, and the directory of copies if it is one of them.
struct place {
    std::string file, directory;
    siem::timestamp named_at = 0;
};

place place_of(const std::string& target) {
    std::error_code ec;
    if (!target.ends_with('/') && !std::filesystem::is_directory(target, ec)) return {target, {}, 0};
    std::string directory = target;
    while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    const auto now = siem::wall_clock();
    std::string file = directory + "/" + siem::backup_name(now);
    for (int number = 2; std::filesystem::exists(file, ec); ++number)
        file = directory + "/" + siem::backup_name(now, number);
    return {std::move(file), std::move(directory), now};
}

int copy_file(const backup_settings& settings) {
    const std::string& path = settings.database;
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) return unusable("backup: " + path + " does not exist", exit_file);
    if (const auto why = unsafe_database(path); !why.empty()) return unusable("backup: " + why, exit_permission);
    auto guard = sqlite::file_guard::acquire(path);
    if (!guard && guard.error() == errc::database_in_use)
        return unusable("backup: " + explain(guard.error(), path) + "; --url asks the server for a backup",
                        exit_in_use);
    if (!guard) return unusable("backup: " + explain(guard.error(), path), exit_status_of(guard.error()));
    const place at = place_of(settings.target);
    if (at.directory.empty() && settings.wanted.kept.has_bounds())
        return unusable("backup: --keep and --keep-days are about a directory of copies");
    if (!at.directory.empty()) siem::remove_left_overs(at.directory);
    end_copies_by_signals();
    std::vector<std::string> unseen;
    auto made = [&] {
        progress_bar bar("backup");
        return sqlite::backup_unserved(
            guard->path(), at.file, is_copy_ended,
            [&bar](std::uint64_t done, std::uint64_t all) {
                bar.show(all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(all), "copied");
            },
            verify_copy, unseen);
    }();
    for (const auto& each : unseen) std::cerr << "carrel: warning: " << each << '\n';
    if (!made)
        return unusable("backup: " + explain_copy(made.error(), path), status_of_copy(made.error(), exit_damaged));
    std::cout << at.file << ": " << made->bytes << " bytes, commit " << made->commit_sequence << ", checked\n";
    if (at.directory.empty()) return exit_done;
    int status = exit_done;
    for (const auto& name :
         siem::remove_surplus(at.directory, settings.wanted.kept, at.named_at,
                              [&](const std::string& why) { status = unusable("backup: " + why, exit_failed); }))
        std::cout << at.directory << "/" << name << ": removed\n";
    return status;
}

}  // namespace

int backup(std::span<char*> arguments) {
    backup_settings settings;
    if (const auto ended = parse_backup(arguments, settings)) return *ended;
    if (!settings.database.empty()) return copy_file(settings);
    server_fault fault;
    const auto server = server_of(settings.server, fault);
    if (!server) return unusable("backup: " + fault.why, fault.status);
    return ask_for_backup(*server, settings.wanted);
}

}  // namespace carrel::cli
