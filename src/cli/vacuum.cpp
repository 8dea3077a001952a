#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/options.hpp"
#include "sqlite/auto_vacuum.hpp"

#include <carrel/database.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

std::uintmax_t bytes_of(const std::string& path) {
    std::error_code ec;
    const auto bytes = std::filesystem::file_size(path, ec);
    return ec ? 0 : bytes;
}

}  // namespace

int vacuum(std::span<char*> arguments) {
    std::string path = "carrel.db";
    CLI::App app(
        "Rebuilds a database without its free pages, so that from then on it gives pages back while a server uses it. "
        "No "
        "server may hold it meanwhile, and the disk needs room for it twice.",
        "vacuum");
    app.add_option("--database", path, "file to rebuild")->capture_default_str()->envname("CARREL_DATABASE");
    if (const auto ended = parse(app, arguments)) return *ended;
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) return unusable("vacuum: " + path + " does not exist", exit_file);
    if (const auto why = unsafe_database(path); !why.empty()) return unusable("vacuum: " + why, exit_permission);
    options settings = store_options(path);
    settings.on_connect = sqlite::incremental_at_next_vacuum();
    const auto before = bytes_of(path);
    auto store = database::open(settings);
    if (!store) return unusable("vacuum: " + explain(store.error(), path), exit_status_of(store.error()));
    auto done = store->async_vacuum(as_result(boost::asio::use_future)).get();
    auto stopped = store->stop();
    if (!done) return unusable("vacuum: " + explain(done.error(), path), exit_status_of(done.error(), exit_failed));
    if (!stopped)
        return unusable("vacuum: " + explain(stopped.error(), path), exit_status_of(stopped.error(), exit_failed));
    std::cout << path << ": " << before << " bytes before, " << bytes_of(path) << " after\n";
    return exit_done;
}

}  // namespace carrel::cli
