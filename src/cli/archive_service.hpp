#pragma once

#include "cli/options.hpp"
#include "commit_archive/archiver.hpp"
#include "commit_archive/upkeep.hpp"
#include "http/counter.hpp"

#include <carrel/database.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carrel::cli {

/// The archive of commits of a server that runs, if its settings ask for one.
class archive_service {
public:
    /// Why the archive of these settings is not begun: the database was archived there, and no archive is there now. Empty if it may be.
    /// Errors: the system's, with the path.
    static result<std::string> why_not_begun(const serve_settings& settings);
    /// Opens it and names it as the follower of `settings.store`. An exit status, reported, if it cannot be used.
    std::optional<int> open(serve_settings& settings);
    /// After the database was opened. Notes beside it where it is archived.
    void start(database& store, const std::string& path);
    /// Before the database stops, whose last commits are still archived.
    void stop() { upkeep_.reset(); }
    void add_counters(std::vector<http::counter>& all) const;

private:
    std::shared_ptr<commits::archiver> archiver_;
    std::optional<commits::upkeep> upkeep_;
};

}  // namespace carrel::cli
