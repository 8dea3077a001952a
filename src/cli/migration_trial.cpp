#include "cli/migration_trial.hpp"

#include "cli/command.hpp"
#include "cli/migration_lines.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/removal_at_signal.hpp"
#include "sqlite/check.hpp"
#include "sqlite/database_copy.hpp"
#include "sqlite/migration_report.hpp"

#include <carrel/database.hpp>

#include <stdlib.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

namespace fs = std::filesystem;

std::uintmax_t bytes_of(const std::string& path) {
    std::error_code ec;
    const auto bytes = fs::file_size(path, ec);
    return ec ? 0 : bytes;
}

// A directory of this trial's own, which goes with all that is in it.
class trial_directory {
public:
    explicit trial_directory(const std::string& within)
        : path_(within + "/carrel-trial-XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) failure_ = errno;
    }
    ~trial_directory() {
        std::error_code ec;
        if (failure_ == 0) fs::remove_all(path_, ec);
    }
    trial_directory(const trial_directory&) = delete;
    trial_directory& operator=(const trial_directory&) = delete;

    int failure() const noexcept { return failure_; }
    const std::string& path() const noexcept { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
    int failure_ = 0;
};

// The copy takes what the database and its WAL have at most; what the migrations write comes on top.
int check_space(const std::string& path, const std::string& directory) {
    const auto needed = bytes_of(path) + bytes_of(path + "-wal");
    std::error_code ec;
    const auto space = fs::space(directory, ec);
    if (ec) return unusable("migrate: " + directory + ": " + ec.message(), exit_file);
    std::cout << path << ": the copy takes up to " << needed << " bytes in " << directory << ", of which "
              << space.available << " are free\n";
    if (needed < space.available) return exit_done;
    return unusable("migrate: " + directory + " has no room for a copy; --work-directory names another one",
                    exit_failed);
}

int make_copy(const std::string& path, const std::string& copy) {
    progress_bar bar(path);
    auto made = sqlite::copy_database(path, copy, [&](double share) { bar.show(share, "copied"); });
    if (!made) return unusable("migrate: " + explain(made.error(), path), exit_status_of(made.error(), exit_failed));
    for (const auto& unseen : made->unseen) std::cerr << "carrel: warning: " << unseen << '\n';
    return exit_done;
}

int check_copy(const std::string& path, const std::string& copy) {
    progress_bar bar(path);
    auto found = sqlite::check_file(copy, [&](double share) { bar.show(share, "checked"); });
    if (!found) return unusable("migrate: " + explain(found.error(), path), exit_failed);
    if (found->ok) return exit_done;
    for (const auto& finding : found->findings) std::cout << path << ": afterwards: " << finding << '\n';
    return unusable("migrate: " + path + " would be damaged, or is", exit_failed);
}

}  // namespace

int try_migrations(const std::string& path, const std::string& directory, std::size_t pending) {
    if (const int status = check_space(path, directory); status != exit_done) return status;
    const trial_directory trial(directory);
    if (trial.failure() != 0)
        return unusable("migrate: --work-directory " + directory + ": " + std::strerror(trial.failure()),
                        trial.failure() == EACCES ? exit_permission : exit_file);
    // The copy may be as large as the database, and a trial that lasts is broken off by who waits for it.
    const removal_at_signal broken_off(trial.path(),
                                       {"copy.db", "copy.db-wal", "copy.db-shm", "copy.db-journal", "copy.db.lock"});
    const std::string copy = trial.file("copy.db");
    if (const int status = make_copy(path, copy); status != exit_done) return status;
    const auto before = bytes_of(copy);
    migration_lines lines(path);
    options settings = store_options(copy);
    settings.log = lines.sink();
    const auto begun = std::chrono::steady_clock::now();
    auto store = database::open(settings);
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    if (!store) {
        std::cout << path << ": " << lines.done() << " of " << pending
                  << " migrations would succeed; nothing was changed" << std::endl;
        return unusable("migrate: " + explain(store.error(), path), exit_status_of(store.error(), exit_failed));
    }
    const auto wal = bytes_of(copy + "-wal");
    print_what_is_moved_later(*store, path);
    if (auto stopped = store->stop(); !stopped)
        return unusable("migrate: " + explain(stopped.error(), path), exit_status_of(stopped.error(), exit_failed));
    if (const int status = check_copy(path, copy); status != exit_done) return status;
    std::cout << path << ": " << pending << " migrations would succeed, in " << sqlite::seconds_text(time) << ": "
              << before << " bytes before, " << bytes_of(copy) << " after, and " << wal
              << " in the WAL meanwhile; nothing was changed\n";
    return exit_done;
}

}  // namespace carrel::cli
