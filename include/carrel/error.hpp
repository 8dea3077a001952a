#pragma once

#include <carrel/export.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

#if !defined(__cpp_exceptions)
#error "carrel needs exceptions: -fno-exceptions is not supported, for work may throw and std::bad_alloc must be caught"
#endif

namespace carrel {

using boost::system::error_code;

/// What carrel itself reports. Errors of SQLite keep their extended result code, see `sqlite_errc`.
///
/// Compares equal to the portable conditions where there is one: `cancelled` to `operation_canceled`,
/// `deadline_exceeded` to `timed_out`, `overloaded` and `snapshot_too_old` to `resource_unavailable_try_again`, and so on
/// (`default_error_condition` of the category).
enum class errc {
    overloaded = 1,         ///< A queue is full by count or by bytes; nothing was done.
    stopping,               ///< The database is stopping; nothing was done.
    deadline_exceeded,      ///< The job's deadline passed before it was done; it left no trace.
    cancelled,              ///< The caller's cancellation slot fired before the job was done.
    budget_exceeded,        ///< A read outgrew the resident reader's budget (seen by work only, never by callers).
    snapshot_too_old,       ///< A read held its snapshot until the WAL reached its hard cap.
    outcome_unknown,        ///< The commit failed in fsync: the write may or may not survive.
    writer_poisoned,        ///< An earlier commit failed in fsync; no write is accepted before a restart.
    work_threw,             ///< The work threw an exception; its effects were undone.
    not_a_read,             ///< SQL that may write was handed to a read session.
    statement_left_open,    ///< The work kept a statement beyond its call.
    wrong_parameters,       ///< More or fewer values bound than the statement has parameters.
    invalid_option,         ///< An option is outside its range.
    no_directory,           ///< The directory of the database does not exist.
    read_only_file,         ///< The database file may not be written.
    not_a_database,         ///< The file is not a SQLite database.
    database_in_use,        ///< Another process (or handle) serves this file.
    network_filesystem,     ///< WAL needs shared memory; network file systems are refused.
    profile_mismatch,       ///< A connection read back something else than was set.
    migration_changed,      ///< An applied migration's text is not what it was.
    newer_database,         ///< The file was migrated by a newer program.
    would_deadlock,         ///< The call would wait for the thread that makes it.
    forked,                 ///< The process was forked after the database was opened; the child must not use it.
    wrong_type,             ///< A value was read as a type that it does not have.
    hard_linked,            ///< The file has more than one name; each name would have a WAL of its own.
    file_replaced,          ///< The path no longer names the file that was opened; writes would be lost.
    not_a_carrel_database,  ///< A SQLite database of another program; it was left as it is.
    unsafe_sqlite,          ///< The SQLite library in use cannot be called by several threads.
    query_cancelled,        ///< Somebody ended the job by its id: `database::cancel_query`. It left no trace.
};

/// The extended result codes of SQLite that callers decide on; any other value may occur too.
enum class sqlite_errc {
    busy = 5,
    nomem = 7,
    interrupt = 9,
    io = 10,
    corrupt = 11,
    full = 13,
    too_big = 18,
    constraint = 19,
    not_a_database = 26,
    constraint_check = 275,
    constraint_foreign_key = 787,
    constraint_not_null = 1299,
    constraint_primary_key = 1555,
    constraint_trigger = 1811,
    constraint_unique = 2067,
};

CARREL_API const boost::system::error_category& carrel_category() noexcept;
CARREL_API const boost::system::error_category& sqlite_category() noexcept;

CARREL_API error_code make_error_code(errc e) noexcept;
CARREL_API error_code make_error_code(sqlite_errc e) noexcept;

/// An error code with a diagnostic. The diagnostic is for logs: it may hold SQL text or user input, never send it on.
class CARREL_API error {
public:
    error() = default;
    error(error_code code)
        : code_(code) {}  // NOLINT(google-explicit-constructor)
    error(errc code)
        : code_(make_error_code(code)) {}  // NOLINT(google-explicit-constructor)
    error(error_code code, std::string diagnostic)
        : code_(code),
          diagnostic_(std::move(diagnostic)) {}
    error(errc code, std::string diagnostic)
        : error(make_error_code(code), std::move(diagnostic)) {}

    const error_code& code() const noexcept { return code_; }
    const std::string& diagnostic() const noexcept { return diagnostic_; }
    /// Code and diagnostic in one line.
    std::string message() const;

    friend bool operator==(const error& e, errc code) noexcept { return e.code_ == make_error_code(code); }
    friend bool operator==(const error& e, sqlite_errc code) noexcept { return e.code_ == make_error_code(code); }

private:
    error_code code_;
    std::string diagnostic_;
};

/// What `result::value()` throws.
class CARREL_API error_exception : public std::runtime_error {
public:
    explicit error_exception(error e)
        : std::runtime_error(e.message()),
          error_(std::move(e)) {}
    const error& reason() const noexcept { return error_; }

private:
    error error_;
};

[[noreturn]] CARREL_API void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T>
using result = boost::system::result<T, error>;

}  // namespace carrel

template <>
struct boost::system::is_error_code_enum<carrel::errc> : std::true_type {};
template <>
struct boost::system::is_error_code_enum<carrel::sqlite_errc> : std::true_type {};
