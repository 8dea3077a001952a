#pragma once

#include <carrel/error.hpp>
#include <carrel/value.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace carrel::sqlite {

struct check_report {
    bool ok = false;                    // nothing found in what was read
    std::vector<std::string> findings;  // what the checks said, at most 100
    std::vector<std::string> unseen;    // what belongs to the database and was not read; without it `ok` says less
};

/// A row that an inspector selected; views are valid until the next one.
class check_row {
public:
    explicit check_row(sqlite3_stmt* row) noexcept
        : row_(row) {}
    value_type type(int column) const noexcept;
    std::int64_t integer(int column) const noexcept;
    std::string_view bytes(int column) const noexcept;

private:
    sqlite3_stmt* row_;
};

/// Runs a query, all of it in one snapshot, until the visitor returns false. Errors: SQLite's codes.
using check_query = std::function<result<void>(const std::string& sql, const std::function<bool(const check_row&)>&)>;
/// Looks at contents that SQLite cannot judge, and adds what is wrong to the findings.
using check_inspector = std::function<result<void>(const check_query& rows, std::vector<std::string>& findings)>;

/// Integrity check of a database; may run beside a server. Changes neither the database nor its WAL and makes no file,
/// also where nothing may be written; in a WAL's index that is there it marks its place, as every reader does.
///
/// `progress` gets the share done, 0–1, about ten times a second, on the calling thread. Errors: `not_a_database` when
/// there is nothing to check; SQLite's codes. Damage is not an error, it is in the report.
///
/// `inspect` is called when SQLite found nothing; again, if a server was started meanwhile.
result<check_report> check_file(const std::string& path, std::function<void(double)> progress,
                                const check_inspector& inspect = {});

/// Has `inspect` alone look at a database, in one snapshot; returns what it found. Changes nothing, as `check_file`.
result<std::vector<std::string>> inspect_file(const std::string& path, const check_inspector& inspect);

}  // namespace carrel::sqlite
