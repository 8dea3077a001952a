#pragma once

#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/session.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel {

/// Names and values by which a host distinguishes its jobs: which request sent them, for whom.
using origin_labels = std::vector<std::pair<std::string_view, std::string>>;

/// Where a job comes from, in the host's words. The engine hands it along with the job (`job_options::origin`), and calls it
/// when somebody lists what runs or when the job is logged as slow.
class job_origin {
public:
    /// Called while the job runs, on its actor's thread or on that of whoever lists what runs, with a lock held: it must not
    /// call the database, and what it reads must not change until the job's handler runs. May throw `std::bad_alloc`.
    virtual origin_labels labels() const = 0;

protected:
    constexpr ~job_origin() = default;
};

/// An origin of one label, for jobs of the host's own. The views must stay valid.
class named_origin final : public job_origin {
public:
    constexpr named_origin(std::string_view name, std::string_view text) noexcept
        : name_(name),
          text_(text) {}
    origin_labels labels() const override { return {{name_, std::string(text_)}}; }

private:
    std::string_view name_, text_;
};

/// Where a job runs: on the writer, on a shard's own reader, or on a background reader.
enum class query_lane { writer, resident, background };
CARREL_API std::string_view name_of(query_lane which) noexcept;

/// A job that is running. Statements are normalised: `?` in place of every literal and parameter, no comments, one blank
/// between words; a text beyond 2 KiB is cut. No bound value is in any of this.
struct running_query {
    std::uint64_t id = 0;  ///< Of this run; never used again, after a restart neither. Below 2^63.
    query_lane lane = query_lane::background;
    std::string statement;  ///< Empty before the job's first statement.
    std::chrono::nanoseconds waited{0};
    std::chrono::nanoseconds running{0};
    std::uint64_t rows = 0;  ///< That its statements have returned so far.
    origin_labels
        origin;  ///< Of a mutation and of a read on a shard only once they have run for some tens of microseconds.
    bool is_cancelled = false;
};

/// What the executions of one normalised statement came to. A statement's time is from its first step to its last: what the
/// job did with its rows meanwhile is in it.
///
/// Each execution on the writer and on background readers counts. Of jobs on a shard's own reader one in 64 is looked at,
/// at random, and stands for 64: their numbers are estimates without bias, their `longest` is the longest looked at. What
/// a shard gave up and handed on counts where it ended.
struct query_stats {
    std::uint64_t key = 0;  ///< For `explain_query`.
    std::string statement;
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t rows = 0;
    std::chrono::nanoseconds total{0};
    std::chrono::nanoseconds longest{0};
    std::chrono::nanoseconds waited{0};  ///< Of jobs that began with this statement, before they ran.
    std::chrono::system_clock::time_point last_seen;
};

/// A job that ran for longer than `options::slow_statement_time`, as it has ended.
struct slow_query {
    std::string statement;  ///< The one that took the longest.
    std::string plan;       ///< As `explain_query`; empty if there is none.
    query_lane lane = query_lane::background;
    std::chrono::nanoseconds waited{0};
    std::chrono::nanoseconds running{0};
    std::uint64_t rows = 0;  ///< Of all its statements.
    error_code ended;        ///< Why it was ended early, if it was.
    origin_labels origin;
    std::uint64_t left_out = 0;  ///< Slow jobs with this statement that were not reported since the last that was.
};

/// One line for people.
CARREL_API std::string describe(const slow_query& slow);

/// SQLite's query plan for a statement of `database::queries`, its lines joined by "; ". Empty if it has none (a PRAGMA, DDL)
/// or the statement is not known any more. Errors: SQLite's codes.
CARREL_API result<std::string> explain_query(read_session& session, std::uint64_t key);

/// The same for `running_query::statement`, which need not have come to its end once.
CARREL_API result<std::string> explain_query(read_session& session, std::string_view statement);

}  // namespace carrel
