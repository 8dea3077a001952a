#pragma once

#include <carrel/blob.hpp>
#include <carrel/detail/savepoint.hpp>
#include <carrel/export.hpp>
#include <carrel/row.hpp>
#include <carrel/statement.hpp>

#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace carrel {

class read_session;

namespace detail {
sqlite::connection& connection_of(read_session& session) noexcept;
}

/// What a read sees: one read-only connection inside one snapshot. Valid only during the work's call, on that thread.
///
/// Values given to the calls that prepare, bind and run at once are bound as by `statement::bind`, and never copied.
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

    /// The single value of the first row, or nothing if there is no row or the value is NULL: for counts and existence
    /// checks. Errors: `errc::wrong_type` if the value is not an integer.
    ///
    /// SQLite counts a whole table (`SELECT count(*) FROM t`) in one step, and deadlines, budgets and cancellation are
    /// looked at between steps; `… WHERE true` counts row by row.
    template <class... Values>
    result<std::optional<std::int64_t>> first_integer(read_sql sql, const Values&... values);

    /// All rows, each read as a `Row`: a tuple, a plain struct, a column's type or what has a `row_mapping`.
    template <class Row, class... Values>
    result<std::vector<Row>> all(read_sql sql, const Values&... values);
    /// The first row, or nothing.
    template <class Row, class... Values>
    result<std::optional<Row>> first(read_sql sql, const Values&... values);
    /// `each<Row>(sql, values…, fn)` hands each row to `fn(Row&&)`, which returns nothing, `bool` (false ends it), or
    /// `result<void>` (an error ends it and is returned). A `Row` may hold views: they are valid during the call.
    template <class Row, class... ValuesThenFunction>
    result<void> each(read_sql sql, ValuesThenFunction&&... given);

    /// Opens the blob or text in `column` of `table`'s row `rowid`.
    ///
    /// Errors: those of a SELECT of the column, and SQLITE_ERROR for a row that is not there, a value that is neither blob
    /// nor text, a view, a virtual table or one WITHOUT ROWID.
    result<blob_reader> open_blob(std::string_view table, std::string_view column, std::int64_t rowid);

    /// An error if the job must end, for work that does something else than run statements for long: `deadline_exceeded`,
    /// `cancelled`, `snapshot_too_old`. Statements look by themselves.
    result<void> check_interrupt() noexcept;

protected:
    friend sqlite::connection& detail::connection_of(read_session& session) noexcept;
    sqlite::connection* connection_;
};

/// What a mutation sees: the writer's connection inside one transaction, isolated from the other jobs of its batch.
/// An error returned by the work undoes all that the work did. BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, PRAGMA,
/// ATTACH and VACUUM are refused: the writer owns the transaction.
class CARREL_API write_session : public read_session {
public:
    using read_session::read_session;

    /// Any SQL but what the writer keeps to itself. (A function that takes a `read_session&` may be given this one.)
    ///
    /// Errors: `errc::cancelled` if the caller cancelled meanwhile, here and when a statement begins to run, never while
    /// it runs; SQLite's code otherwise.
    result<statement> prepare(write_sql sql);

    /// Prepares, binds and runs to the end.
    template <class... Values>
    result<void> execute(write_sql sql, const Values&... values);

    // As a read session's; for RETURNING too.
    template <class Row, class... Values>
    result<std::vector<Row>> all(write_sql sql, const Values&... values);
    template <class Row, class... Values>
    result<std::optional<Row>> first(write_sql sql, const Values&... values);
    template <class Row, class... ValuesThenFunction>
    result<void> each(write_sql sql, ValuesThenFunction&&... given);

    /// As a read session's, to write. Errors: those of an UPDATE of the column, and SQLITE_ERROR for an indexed column.
    result<blob_writer> open_blob(std::string_view table, std::string_view column, std::int64_t rowid);

    /// Runs `part` so that its failure, by an error or an exception, undoes only what `part` did. Returns what `part`
    /// returned. Parts nest. Errors: SQLITE_ABORT_ROLLBACK if the part lost the transaction and called that a success.
    template <class Part>
    auto attempt(Part&& part) -> decltype(part());

    /// Rowid of the last row this job inserted; 0 if none.
    std::int64_t last_insert_rowid() const noexcept;
    /// Rows this job has inserted, updated or deleted so far, triggers included.
    std::int64_t changes() const noexcept;
    /// Whether this job has run for `options::bulk_slice` while others wait: long work then ends early, keeping what it did,
    /// and sends the rest as another job.
    bool should_yield() const noexcept;
    /// The commit sequence that this job will have if its batch commits.
    std::uint64_t commit_sequence() const noexcept;

private:
    result<sqlite::savepoint> open_savepoint();
};

// Implementation.

namespace detail {

template <class Row, class Session, class Sql, class... Values>
result<std::vector<Row>> all(Session& session, Sql sql, const Values&... values) {
    auto rows = session.prepare(sql);
    if (!rows) return rows.error();
    return all_rows<Row>(rows->bind(values...));
}

template <class Row, class Session, class Sql, class... Values>
result<std::optional<Row>> first(Session& session, Sql sql, const Values&... values) {
    auto rows = session.prepare(sql);
    if (!rows) return rows.error();
    return first_row<Row>(rows->bind(values...));
}

template <class Row, class Session, class Sql, class... Given>
result<void> each(Session& session, Sql sql, Given&... given) {
    static_assert(sizeof...(Given) > 0, "each: the last argument is the function that takes a row");
    auto rows = session.prepare(sql);
    if (!rows) return rows.error();
    return each_row<Row>(*rows, std::tie(given...), std::make_index_sequence<sizeof...(Given) - 1>());
}

}  // namespace detail

template <class... Values>
result<std::optional<std::int64_t>> read_session::first_integer(read_sql sql, const Values&... values) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    auto row = prepared->bind(values...).step();
    if (!row) return row.error();
    if (!*row) return std::optional<std::int64_t>();
    return prepared->template get<std::optional<std::int64_t>>(0);
}

template <class Row, class... Values>
result<std::vector<Row>> read_session::all(read_sql sql, const Values&... values) {
    return detail::all<Row>(*this, sql, values...);
}
template <class Row, class... Values>
result<std::optional<Row>> read_session::first(read_sql sql, const Values&... values) {
    return detail::first<Row>(*this, sql, values...);
}
template <class Row, class... ValuesThenFunction>
result<void> read_session::each(read_sql sql, ValuesThenFunction&&... given) {
    return detail::each<Row>(*this, sql, given...);
}
template <class Row, class... Values>
result<std::vector<Row>> write_session::all(write_sql sql, const Values&... values) {
    return detail::all<Row>(*this, sql, values...);
}
template <class Row, class... Values>
result<std::optional<Row>> write_session::first(write_sql sql, const Values&... values) {
    return detail::first<Row>(*this, sql, values...);
}
template <class Row, class... ValuesThenFunction>
result<void> write_session::each(write_sql sql, ValuesThenFunction&&... given) {
    return detail::each<Row>(*this, sql, given...);
}

template <class... Values>
result<void> write_session::execute(write_sql sql, const Values&... values) {
    auto prepared = prepare(sql);
    if (!prepared) return prepared.error();
    return prepared->bind(values...).run();
}

template <class Part>
auto write_session::attempt(Part&& part) -> decltype(part()) {
    auto scope = open_savepoint();
    if (!scope) return scope.error();
    auto outcome = part();
    if (!outcome.has_value()) return outcome;  // the savepoint's destructor undoes the part
    if (auto kept = scope->release(); !kept) return kept.error();
    return outcome;
}

}  // namespace carrel
