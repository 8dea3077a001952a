#pragma once

#include "sqlite/backup.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/raw_files.hpp"

#include <carrel/backup_options.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace carrel::sqlite {

/// What has changed in a database since the last look, and how it stood between two commits.
struct change_view {
    page_set changed;
    bool is_all = false;   // everything may have: `changed` says nothing
    bool is_held = false;  // no checkpoint changes the file until `release`
    std::uint64_t sequence = 0;
    std::chrono::system_clock::time_point at;
    std::uint32_t pages = 0;  // of the database
    int frames = 0;           // of the log that the file may lack
    wal_salt salt{};          // of that log
};

/// The writer's part of a backup. Called on the backup's thread; waits for the writer, no longer than `stop` lets it.
class change_source {
public:
    virtual ~change_source() = default;
    /// From here on changes are noted. All of the first view is to be copied.
    virtual result<change_view> begin(const stop_test& stop) = 0;
    /// What has changed since the view before. If it is no more than `held_pages_max` the file may be held.
    virtual result<change_view> look(std::size_t held_pages_max, const stop_test& stop) = 0;
    /// Ends a hold; whether it lasted until now.
    virtual bool release() noexcept = 0;
    /// After `begin`, unless that failed: the notes may be another backup's then.
    virtual void end() noexcept = 0;
};

/// Copies a database that is written all the while into a new file `target`, without a snapshot: the file as it lies there,
/// then again and again what has changed meanwhile, and the last and least of it while no checkpoint changes the file. So the WAL
/// does not grow for the backup, and the copy is as one commit left the database.
///
/// `source` reads the same files and is in no transaction. `stop` as in `backup_snapshot`. Errors: those of `backup_file` and
/// `changes`; `overloaded` if the target takes pages more slowly than they change.
result<backup_report> live_backup(connection& source, change_source& changes, const std::string& target,
                                  const backup_options& wanted, const stop_test& stop);

}  // namespace carrel::sqlite
