#pragma once

#include <carrel/database.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace carrel::testing {

/// Jobs that leave a countable trace: the rows of `item` that carry the job's number.
inline constexpr std::array item_schema{migration{
    1, "items",
    "CREATE TABLE item(job INTEGER NOT NULL, n INTEGER NOT NULL CHECK(n >= 0), mark INTEGER NOT NULL DEFAULT 0,"
    " payload TEXT NOT NULL);"
    "CREATE UNIQUE INDEX item_by_job ON item(job, n);"
    // Its pages are met again and again in any order, as a cache that spills must meet them to do harm.
    "CREATE INDEX item_by_payload ON item(payload);"
    "CREATE TABLE tripwire(id INTEGER PRIMARY KEY);"
    "CREATE TRIGGER trip BEFORE INSERT ON tripwire BEGIN SELECT raise(ROLLBACK, 'tripped'); END;"}};

/// What a job did or would do.
enum class item_change { add, touch, remove, fail };

struct item_job {
    std::uint64_t number = 0;  // from 1
    item_change change = item_change::add;
    std::uint64_t target = 0;  // of touch and remove
    std::int64_t rows = 0;     // of add
    bool is_full = true;       // asked for durability::full
    bool is_acknowledged = false;
    std::uint64_t sequence = 0;
};

/// Rows and mark of each job that has any.
struct item_state {
    std::int64_t rows = 0;
    std::int64_t mark = 0;
    bool operator==(const item_state&) const = default;
};
using item_content = std::map<std::uint64_t, item_state>;

/// What the table must hold once every job up to commit `sequence` is in, and no other.
inline item_content content_at(const std::vector<item_job>& jobs, std::uint64_t sequence) {
    item_content content;
    for (const auto& job : jobs) {
        if (!job.is_acknowledged || job.sequence > sequence) continue;
        if (job.change == item_change::add) content[job.number] = {job.rows, 0};
    }
    // A job changes rows of one that was acknowledged before it was sent, and nobody else changes those.
    for (const auto& job : jobs) {
        if (!job.is_acknowledged || job.sequence > sequence) continue;
        if (job.change == item_change::touch) content[job.target].mark = static_cast<std::int64_t>(job.number);
    }
    for (const auto& job : jobs)
        if (job.is_acknowledged && job.sequence <= sequence && job.change == item_change::remove)
            content.erase(job.target);
    return content;
}

/// What the table holds.
inline result<item_content> read_content(read_session& session) {
    auto rows = session.prepare(
        "SELECT job, count(*), min(mark), max(mark), min(n), max(n) FROM item GROUP BY job ORDER BY job");
    if (!rows) return rows.error();
    item_content content;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return content;
        const bool is_whole =
            rows->integer(2) == rows->integer(3) && rows->integer(4) == 0 && rows->integer(5) == rows->integer(1) - 1;
        content[static_cast<std::uint64_t>(rows->integer(0))] = {is_whole ? rows->integer(1) : -1, rows->integer(2)};
    }
}

}  // namespace carrel::testing
