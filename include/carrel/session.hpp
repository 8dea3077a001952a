#pragma once

#include <carrel/export.hpp>
#include <carrel/statement.hpp>

#include <cstdint>
#include <utility>

namespace carrel {

/// What a read sees: one read-only connection inside one snapshot. Valid only during the work's call, on that thread.
class CARREL_API read_session {
public:
    explicit read_session(sqlite::connection& connection) noexcept
        : connection_(&connection) {}
    read_session(const read_session&) = delete;
    read_session& operator=(const read_session&) = delete;

    /// A statement from the connection's cache.
    ///
    /// Errors: `errc::not_a_read` if the SQL may write; `errc::budget_exceeded` on a resident reader that knows the
    /// statement as deep (return it: the read is run again on a background reader); SQLite's code otherwise.
    result<statement> prepare(read_sql sql);

    /// The single value of the first row, or nothing: for counts and existence checks.
    ///
    /// SQLite counts a whole table (`SELECT count(*) FROM t`) in one step, and deadlines, budgets and cancellation are
    /// looked at between steps; `… WHERE true` counts row by row.
    template <class... Values>
    result<std::optional<std::int64_t>> first_integer(read_sql sql, const Values&... values);

protected:
    sqlite::connection* connection_;
};

/// What a mutation sees: the writer's connection inside one transaction, isolated from the other jobs of its batch.
/// An error returned by the work undoes all that the work did. BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, PRAGMA,
/// ATTACH and VACUUM are refused: the writer owns the transaction.
class CARREL_API write_session : public read_session {
public:
    using read_session::read_session;

    /// Any SQL but what the writer keeps to itself. (A function that takes a `read_session&` may be given this one.)
    result<statement> prepare(write_sql sql);

    /// Prepares, binds and runs to the end.
    template <class... Values>
    result<void> execute(write_sql sql, const Values&... values);

    /// Runs `part` so that its failure undoes only what `part` did. Returns what `part` returned.
    template <class Part>
    auto attempt(Part&& part) -> decltype(part());

    /// Rowid of the last row this job inserted; 0 if none.
    std::int64_t last_insert_rowid() const noexcept;
    /// Rows this job has inserted, updated or deleted so far, triggers included.
    std::int64_t changes() const noexcept;
    /// The commit sequence that this job will have if its batch commits.
    std::uint64_t commit_sequence() const noexcept;

private:
    result<int> open_scope();
    result<void> close_scope(int scope, bool keep);
};

template <class... Values>
result<std::optional<std::int64_t>> read_session::first_integer(read_sql sql, const Values&... values) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    auto row = prepared->bind(values...).step();
    if (!row) return row.error();
    if (!*row || prepared->is_null(0)) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(prepared->integer(0));
}

template <class... Values>
result<void> write_session::execute(write_sql sql, const Values&... values) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    return prepared->bind(values...).run();
}

template <class Part>
auto write_session::attempt(Part&& part) -> decltype(part()) {
    auto scope = open_scope();
    if (!scope) return scope.error();
    auto outcome = part();
    if (auto closed = close_scope(*scope, outcome.has_value()); !closed) return closed.error();
    return outcome;
}

}  // namespace carrel
