#include "sqlite/check.hpp"

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

int report(const sqlite::check_report& found, const std::string& path) {
    for (const auto& unseen : found.unseen) std::cerr << "carrel: warning: " << unseen << '\n';
    if (found.ok) {
        std::cout << path << (found.unseen.empty() ? ": ok\n" : ": the database file alone is sound\n");
        return exit_done;
    }
    for (const auto& finding : found.findings) std::cout << path << ": " << finding << '\n';
    std::cerr << "carrel: " << path << " is damaged\n";
    return exit_failed;
}

}  // namespace

int check(std::span<char*> arguments) {
    std::string path = "carrel.db";
    CLI::App app("Checks the integrity of a database, read-only; may run beside a server. Exit status 1: damaged.",
                 "check");
    app.add_option("--database", path, "file to check")->capture_default_str()->envname("CARREL_DATABASE");
    if (const auto ended = parse(app, arguments)) return *ended;
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) return unusable("check: " + path + " does not exist", exit_file);
    auto found = [&] {
        progress_bar bar(path);
        return sqlite::check_file(path, [&bar](double fraction) { bar.show(fraction, "checked"); });
    }();
    if (!found && found.error() == sqlite_errc::corrupt)
        return report({.ok = false, .findings = {found.error().code().message()}, .unseen = {}}, path);
    if (!found) return unusable("check: " + explain(found.error(), path), exit_status_of(found.error()));
    return report(*found, path);
}

}  // namespace carrel::cli
