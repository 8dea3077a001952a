#pragma once

#include <carrel/session.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Rows whose number is above `after` and at most `last`.
struct row_range {
    std::int64_t after = 0, last = 0;
};

/// Full-text search over rows that are written one at a time.
///
/// FTS5 writes a segment for every savepoint, 60 µs a row where the row itself takes 9, so rows are indexed a thousand
/// at a time by the job that finds a thousand waiting. Rows not indexed yet are looked at one by one. `text_indexed` holds
/// the last row that is indexed; a row number at or below it is indexed at once.
///
/// The index has the words as queries fold them (query/fold.hpp), so SQLite's tokenizer has nothing left to decide:
/// `tokenize='ascii'` leaves them as they are.
struct text_index {
    static constexpr std::int64_t waiting_max = 1024;

    text_index(std::string_view table, std::vector<std::string_view> text_columns);

    /// After a row was inserted. The rows that were indexed: often none.
    result<row_range> inserted(write_session& session, std::int64_t row) const;
    /// Before a row's text changes or goes, and after it changed: what it was or is, the columns' texts with blanks between.
    result<void> remove(write_session& session, std::int64_t row, std::string_view text) const;
    result<void> add(write_session& session, std::int64_t row, std::string_view text) const;
    /// The last row that is indexed, and all before it.
    result<std::int64_t> last_indexed(read_session& session) const;

    std::vector<std::string_view> columns;
    std::string table;    // of the index
    std::string waiting;  // selects the numbers of rows that are not indexed yet

private:
    result<void> index_rows(write_session& session, std::int64_t after, std::int64_t last) const;

    std::string select_last_, update_last_, index_, insert_, delete_;
};

}  // namespace carrel::siem
