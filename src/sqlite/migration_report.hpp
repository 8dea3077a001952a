#pragma once

#include "sqlite/connection.hpp"

#include <carrel/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace carrel::sqlite {

/// How far a file is with the migrations that it still wants.
struct migration_progress {
    /// `runs` comes about once a second while a migration takes its time, from inside of its statements.
    enum class phase { begins, runs, done };

    phase at = phase::begins;
    int number = 0;
    std::string_view name;                 ///< Valid inside the call.
    std::size_t place = 0;                 ///< Among those that are pending, from 1.
    std::size_t pending = 0;               ///< How many there were at the start.
    bool is_new = false;                   ///< The file has no migration yet: it is being made.
    std::chrono::microseconds elapsed{0};  ///< Since the migration began.
    std::uint64_t rows = 0;                ///< Rows that its finished statements wrote, full-text indexes included.
    std::int64_t bytes = 0;                ///< By which the database has grown; with `done` only.
};

/// Called on the thread that opens the database. Must neither use the database nor throw; what it throws is ignored.
using migration_observer = std::function<void(const migration_progress&)>;

/// Where a migration stands among all of them: how many were applied when the file was opened, and how many there are.
struct migration_place {
    std::size_t before = 0;
    std::size_t all = 0;
};

/// Lets an observer follow one migration: it begins with the construction, and is looked at from inside of its
/// statements until it ends. Used by the connection's thread. An empty observer costs nothing.
class migration_report {
public:
    /// `writer`, `observe` and `one` must outlive it.
    migration_report(connection& writer, const migration_observer& observe, const migration& one,
                     migration_place place);
    ~migration_report();
    migration_report(const migration_report&) = delete;
    migration_report& operator=(const migration_report&) = delete;

    /// The migration was committed. One that failed is only destroyed.
    void end();

private:
    using clock = std::chrono::steady_clock;

    static int look(void* self);
    std::int64_t bytes() const;
    void report(migration_progress::phase at) noexcept;

    connection& writer_;
    const migration_observer& observe_;
    migration_progress progress_;
    std::int64_t rows_before_ = 0, bytes_before_ = 0;
    clock::time_point begun_, next_;
};

/// "0.123 s".
std::string seconds_text(std::chrono::microseconds time);

/// "migration 3 (notes) begins, 1 of 2", "… has run for 12.0 s", "… is done in 12.3 s: 40 rows written, 8192 bytes more".
std::string text_of(const migration_progress& progress);
/// Whether a line of the log is such a text.
bool is_about_migration(std::string_view line);
/// Whether it says that a migration begins, or is done.
bool says_begins(std::string_view line);
bool says_done(std::string_view line);

}  // namespace carrel::sqlite
