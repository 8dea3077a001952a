#include "resource/text_index.hpp"

#include "query/fold.hpp"

#include <utility>

namespace carrel::siem {

namespace {

std::string words_of(std::string_view text) {
    std::string words;
    query::append_folded(words, text);
    return words;
}

std::string folded(const std::vector<std::string_view>& columns) {
    std::string text;
    for (const std::string_view column : columns)
        text.append(text.empty() ? "" : " || ' ' || ").append("carrel_folded(ifnull(").append(column).append(", ''))");
    return text;
}

}  // namespace

text_index::text_index(std::string_view of_table, std::vector<std::string_view> text_columns)
    : columns(std::move(text_columns)),
      table(std::string(of_table) + "_text") {
    const std::string name(of_table);
    select_last_ = "SELECT row FROM text_indexed WHERE name = '" + name + "'";
    update_last_ = "UPDATE text_indexed SET row = ? WHERE name = '" + name + "'";
    // One statement: SQLite keeps a journal for each one that writes to a virtual table, in memory that grows with the job.
    index_ = "INSERT INTO " + table + "(rowid, words) SELECT seq, " + folded(columns) + " FROM " + name +
             " WHERE seq > ? AND seq <= ? ORDER BY seq";
    waiting = "SELECT seq FROM " + name + " WHERE seq > (" + select_last_ + ")";
    insert_ = "INSERT INTO " + table + "(rowid, words) VALUES (?, ?)";
    delete_ = "INSERT INTO " + table + "(" + table + ", rowid, words) VALUES ('delete', ?, ?)";
}

result<std::int64_t> text_index::last_indexed(read_session& session) const {
    auto last = session.first_integer(read_sql::dynamic(select_last_));
    if (!last) return last.error();
    return last->value_or(0);
}

result<row_range> text_index::inserted(write_session& session, std::int64_t row) const {
    auto last = last_indexed(session);
    if (!last) return last.error();
    // The number of a deleted row may come again: such a row would wait for ever.
    const row_range rows{row <= *last ? row - 1 : *last, row};
    if (row > *last && row - *last < waiting_max) return row_range();
    if (auto done = index_rows(session, rows.after, rows.last); !done) return done.error();
    if (row <= *last) return rows;
    if (auto done = session.execute(write_sql::dynamic(update_last_), row); !done) return done.error();
    return rows;
}

result<void> text_index::index_rows(write_session& session, std::int64_t after, std::int64_t last) const {
    return session.execute(write_sql::dynamic(index_), after, last);
}

result<void> text_index::remove(write_session& session, std::int64_t row, std::string_view text) const {
    auto last = last_indexed(session);
    if (!last) return last.error();
    if (row > *last) return {};
    return session.execute(write_sql::dynamic(delete_), row, words_of(text));
}

result<void> text_index::add(write_session& session, std::int64_t row, std::string_view text) const {
    auto last = last_indexed(session);
    if (!last) return last.error();
    if (row > *last) return {};
    return session.execute(write_sql::dynamic(insert_), row, words_of(text));
}

}  // namespace carrel::siem
