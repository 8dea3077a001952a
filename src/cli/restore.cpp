#include "commit_archive/restore.hpp"

#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/copy_outcome.hpp"
#include "cli/progress.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

std::int64_t wall_clock() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// A point that is not there, and damage, are faults that were found.
int refuse(const error& why, const std::string& path) {
    const int status =
        why.code() == commits::point_is_missing ? exit_failed : status_of_copy(why, /*damaged=*/exit_failed);
    return unusable("restore: " + explain_copy(why, path), status);
}

int list(const std::string& directory) {
    const auto text = commits::list_archive(directory);
    if (!text) return refuse(text.error(), directory);
    std::cout << *text;
    return exit_done;
}

}  // namespace

int restore(std::span<char*> arguments) {
    std::string directory, at = "latest", target;
    bool lists = false;
    CLI::App app(
        "Makes a new database out of an archive of commits, as it was at a point in time. May run beside the server "
        "that writes the archive.",
        "restore");
    app.add_option("--archive", directory, "directory of the archive")->required()->envname("CARREL_ARCHIVE");
    auto* point_flag = app.add_option(
        "--at", at, "number of a commit (Carrel-Commit), a time such as 2026-03-04T05:06:07Z or -15m, or latest");
    point_flag->capture_default_str();
    auto* file = app.add_option("FILE", target, "to make, which must not be there");
    app.add_flag("--list", lists, "only says what there is to be restored")->excludes(point_flag)->excludes(file);
    if (const auto ended = parse(app, arguments)) return *ended;
    std::error_code ec;
    if (!std::filesystem::is_directory(directory, ec))
        return unusable("restore: --archive: " + directory + " is no directory", exit_file);
    if (lists) return list(directory);
    if (target.empty()) return unusable("restore: the file to make is missing");
    const auto point = commits::parse_point(at, wall_clock());
    if (!point) return unusable("restore: --at: '" + at + "' is no number of a commit, no time and not latest");
    end_copies_by_signals();
    const auto done = [&] {
        progress_bar bar("restore");
        return commits::restore(directory, *point, target,
                                {[&bar](double read) { bar.show(read, "read"); }, is_copy_ended});
    }();
    if (!done) return refuse(done.error(), target);
    if (!done->note.empty()) std::cerr << "carrel: warning: " << done->note << '\n';
    std::cout << target << ": " << commits::shown(done->sequence, done->time)
              << (done->is_time_estimated ? " or before" : "") << ", generation " << done->generation << ", "
              << done->commits << " commits applied\n";
    return exit_done;
}

}  // namespace carrel::cli
