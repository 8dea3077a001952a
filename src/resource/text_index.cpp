#include "resource/text_index.hpp"

#include "query/fold.hpp"

#include <utility>

namespace carrel::siem {

namespace {

void fold(std::string& words, const statement& row) {
    words.clear();
    for (int column = 1; column < row.column_count(); ++column) {
        query::append_folded(words, row.text(column));
        words.push_back(' ');
    }
}

std::string words_of(std::string_view text) {
    std::string words;
    query::append_folded(words, text);
    return words;
}

std::string list_of_columns(const std::vector<std::string_view>& columns) {
    std::string list;
    for (const std::string_view column : columns) (list += list.empty() ? "" : ", ") += column;
    return list;
}

}  // namespace

text_index::text_index(std::string_view of_table, std::vector<std::string_view> text_columns)
    : columns(std::move(text_columns)),
      table(std::string(of_table) + "_text") {
    const std::string name(of_table);
    select_last_ = "SELECT row FROM text_indexed WHERE name = '" + name + "'";
    update_last_ = "UPDATE text_indexed SET row = ? WHERE name = '" + name + "'";
    select_waiting_ =
        "SELECT seq, " + list_of_columns(columns) + " FROM " + name + " WHERE seq > ? AND seq <= ? ORDER BY seq";
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
    auto rows = session.prepare(read_sql::dynamic(select_waiting_));
    if (!rows) return rows.error();
    auto into = session.prepare(write_sql::dynamic(insert_));
    if (!into) return into.error();
    std::string words;
    rows->bind(after, last);
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return {};
        fold(words, *rows);
        if (auto done = into->bind(rows->integer(0), words).run(); !done) return done;
    }
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
