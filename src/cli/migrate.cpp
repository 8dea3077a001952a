#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/migration_lines.hpp"
#include "cli/migration_trial.hpp"
#include "cli/options.hpp"
#include "siem/migrations.hpp"
#include "sqlite/migration_report.hpp"
#include "sqlite/migration_versions.hpp"

#include <carrel/database.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

std::string directory_of(const std::string& path) {
    const auto found = std::filesystem::path(path).parent_path().string();
    return found.empty() ? "." : found;
}

int apply_migrations(const std::string& path, std::size_t pending) {
    migration_lines lines(path);
    options settings = store_options(path);
    settings.log = lines.sink();
    const auto begun = std::chrono::steady_clock::now();
    auto store = database::open(settings);
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    if (!store)
        return unusable("migrate: " + explain(store.error(), path),
                        exit_status_of(store.error(), lines.begun() > 0 ? exit_failed : exit_file));
    print_what_is_moved_later(*store, path);
    if (auto stopped = store->stop(); !stopped)
        return unusable("migrate: " + explain(stopped.error(), path), exit_status_of(stopped.error(), exit_failed));
    std::cout << path << ": at " << newest_migration() << ", " << pending << " applied in "
              << sqlite::seconds_text(time) << '\n';
    return exit_done;
}

}  // namespace

int migrate(std::span<char*> arguments) {
    std::string path = "carrel.db", directory;
    bool is_trial = false;
    CLI::App app(
        "Brings a database that no server holds to the migrations that this program knows, as the start of a server "
        "does.",
        "migrate");
    app.add_option("FILE,--database", path, "database")->capture_default_str()->envname("CARREL_DATABASE");
    app.add_flag("--dry-run", is_trial,
                 "apply them to a copy, which is checked and removed, and leave the database as it is; may run beside "
                 "a server");
    app.add_option("--work-directory", directory, "where --dry-run makes the copy (default: beside the database)");
    if (const auto ended = parse(app, arguments)) return *ended;
    if (!is_trial && !directory.empty()) return unusable("migrate: --work-directory is for --dry-run");
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) return unusable("migrate: " + path + " does not exist", exit_file);
    if (const auto why = unsafe_database(path); !why.empty()) return unusable("migrate: " + why, exit_permission);
    const auto applied = sqlite::check_versions(path, siem::migrations());
    if (!applied) return unusable("migrate: " + explain(applied.error(), path), exit_status_of(applied.error()));
    const auto pending = siem::migrations().size() - *applied;
    if (pending == 0) {
        std::cout << path << ": at " << newest_migration() << ", nothing to do\n";
        return exit_done;
    }
    if (!is_trial) return apply_migrations(path, pending);
    return try_migrations(path, directory.empty() ? directory_of(path) : directory, pending);
}

}  // namespace carrel::cli
