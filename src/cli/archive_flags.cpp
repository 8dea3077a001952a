#include "cli/archive_flags.hpp"

#include "base/time.hpp"
#include "commit_archive/archive_note.hpp"
#include "commit_archive/sender.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

namespace carrel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t command_time_max = std::int64_t{30} * 86'400 * 1'000'000;  // in µs

// As a shell would find it.
std::string program_of(const std::string& name) {
    const auto is_program = [](const fs::path& path) {
        std::error_code ec;
        return fs::is_regular_file(path, ec) && ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != name.npos) return is_program(name) ? fs::absolute(name).string() : std::string();
    const char* path = std::getenv("PATH");
    std::istringstream directories(path != nullptr ? path : "/usr/bin:/bin");
    for (std::string each; std::getline(directories, each, ':');)
        if (!each.empty() && is_program(fs::path(each) / name)) return (fs::path(each) / name).string();
    return {};
}

std::string fault_in_command(const std::string& line, std::vector<std::string>& into) {
    if (line.empty()) return {};
    auto words = commits::split_command(line);
    if (!words || words->empty()) return "--archive-command: a quote is not closed in '" + line + "'";
    const auto program = program_of(words->front());
    if (program.empty()) return "--archive-command: " + words->front() + " is no program that can be run";
    if (line.find("%p") == line.npos) return "--archive-command: '" + line + "' does not say %p, the file's path";
    words->front() = program;
    into = std::move(*words);
    return {};
}

}  // namespace

void add_archive_flags(CLI::App& app, archive_flags& into) {
    app.add_option("--archive", into.directory, "directory in which each commit is archived, for carrel restore");
    app.add_option("--archive-interval-ms", into.interval_ms, "how long a commit waits before it is archived, at most")
        ->check(CLI::Range(10, 60'000))
        ->capture_default_str();
    app.add_option("--archive-base-every", into.base_every, "how often a copy of the database begins the archive anew")
        ->capture_default_str();
    app.add_option("--archive-keep", into.keep, "how far back a restore can go, such as 30d (default: for ever)");
    app.add_option("--archive-command", into.command,
                   "takes each file that is complete elsewhere, without a shell: %p is its path, %f its name, %g its "
                   "generation");
    app.add_option("--archive-command-timeout", into.command_timeout, "how long the command may take for a file")
        ->capture_default_str();
    app.add_option("--archive-behind-mib", into.behind_mib,
                   "how much of the WAL waits for an archive that cannot be written, before there is a gap")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
}

std::string fault_in_archive(serve_settings& settings) {
    const auto& typed = settings.archive_typed;
    auto& archive = settings.archive;
    archive.directory = typed.directory;
    archive.interval = std::chrono::milliseconds(typed.interval_ms);
    archive.behind_bytes = typed.behind_mib << 20;
    const auto every = siem::parse_duration(typed.base_every);
    if (!every || *every < 1'000'000)
        return "--archive-base-every: '" + typed.base_every + "' is no duration such as 12h or 1d";
    archive.base_every = std::chrono::seconds(*every / 1'000'000);
    const auto keep = typed.keep.empty() ? std::optional<std::int64_t>(0) : siem::parse_duration(typed.keep);
    if (!keep || (!typed.keep.empty() && *keep < 1'000'000))
        return "--archive-keep: '" + typed.keep + "' is no duration such as 12h or 30d";
    archive.keep = std::chrono::seconds(*keep / 1'000'000);
    if (auto fault = fault_in_command(typed.command, archive.command.words); !fault.empty()) return fault;
    const auto timeout = siem::parse_duration(typed.command_timeout);
    if (!timeout || *timeout < 1'000'000 || *timeout > command_time_max)
        return "--archive-command-timeout: '" + typed.command_timeout + "' is no duration from 1s to 30d";
    archive.command.time_max = std::chrono::seconds(*timeout / 1'000'000);
    if (archive.directory.empty()) {
        if (!typed.command.empty() || !typed.keep.empty())
            return "--archive: the other flags of the archive need a directory";
        return {};
    }
    if (settings.store.path == ":memory:") return "--archive: a private database cannot be archived";
    // The command runs elsewhere.
    archive.directory = fs::absolute(archive.directory).lexically_normal().string();
    while (archive.directory.size() > 1 && archive.directory.back() == '/') archive.directory.pop_back();
    const auto note = fs::path(commits::archive_note_path(settings.store.path)).lexically_normal();
    if (archive.directory == note)
        return "--archive: " + typed.directory + " is the file that notes where the archive is";
    return {};
}

std::string describe_archive(const serve_settings& settings) {
    const auto& archive = settings.archive;
    if (archive.directory.empty()) return {};
    std::string text = ", archive " + archive.directory + " every " + std::to_string(archive.interval.count()) + " ms";
    if (archive.keep.count() > 0) text += ", kept " + std::to_string(archive.keep.count()) + " s";
    if (!archive.command.words.empty()) text += ", taken by " + archive.command.words.front();
    return text;
}

}  // namespace carrel::cli
