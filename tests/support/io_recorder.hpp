#pragma once

#include "support/shim_vfs.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace carrel::testing {

/// What of the bytes that were not synced a power loss leaves.
enum class unsynced { nothing, everything, torn };

/// Keeps every write, truncation, sync and removal of one database file, its WAL and its rollback journal, in the order in which they happened, and
/// builds what a disk may hold after the power went at any place between two of them.
class io_recorder : public io_hooks {
public:
    struct event {
        io_kind kind;
        file_kind file;
        std::int64_t at = 0;
        std::string bytes;
        std::uint64_t mark = 0;  // not 0: no call but something the test noted, see `note`
    };
    /// The content of the files; an empty journal is none.
    struct image {
        std::string database;
        std::string wal;
        std::string journal;
        bool is_empty() const noexcept { return database.empty() && wal.empty() && journal.empty(); }
    };

    /// Only calls on this database and its companions are kept.
    explicit io_recorder(std::string database_path);

    /// Puts a mark of the test's own between the calls; any thread. `mark` is not 0.
    void note(std::uint64_t mark);

    /// What has happened. Not while a connection is at work.
    const std::vector<event>& events() const noexcept { return events_; }

    /// The disk after the first `count` events and a power loss. Torn: of each unsynced write any subset of its sectors
    /// is there, and any subset of unsynced truncations.
    /// `built` is replaced; its strings keep their room for the next image.
    void after_power_loss(std::size_t count, unsynced what, std::mt19937_64& random, image& built) const;

    void after(const io_call& call) override;

private:
    file_kind kind_of(std::string_view path) const noexcept;

    const std::string database_path_;
    std::mutex mutex_;
    std::vector<event> events_;
};

/// Writes an image where a database can be opened on it.
void write_image(const io_recorder::image& image, const std::string& database_path);

}  // namespace carrel::testing
