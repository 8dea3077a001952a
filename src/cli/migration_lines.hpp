#pragma once

#include <carrel/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace carrel {
class database;
}

namespace carrel::cli {

/// Prints the log of a database that is opened to be migrated: what it says of migrations on stdout, all else on stderr.
/// Any thread may write to the log; migrations are written by the one that opens.
class migration_lines {
public:
    /// `path` is how the lines call the database.
    explicit migration_lines(std::string path)
        : path_(std::move(path)) {}

    /// For `options::log`; this object must outlive it.
    log_sink sink();

    /// Migrations that are done, and how many have begun.
    std::size_t done() const noexcept { return done_; }
    std::size_t begun() const noexcept { return begun_; }

private:
    void add(std::string_view text);

    std::string path_;
    std::size_t done_ = 0, begun_ = 0;
};

/// "migration 30 (dead letters)": the newest that this program knows.
std::string newest_migration();

/// Says in a line on stdout what a server still has to move once it serves the open database, if there is anything.
void print_what_is_moved_later(database& store, std::string_view path);

}  // namespace carrel::cli
