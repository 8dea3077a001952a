// Rows as values: a plain struct, a tuple, one column, or each row in turn without a copy.
#include <carrel/database.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace {

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, stars INTEGER) STRICT"},
};

// Columns are read into the members in order. NULL needs an optional.
struct note {
    std::int64_t id = 0;
    std::string text;
    std::optional<int> stars;
};

// What a work returns leaves its thread, so it owns its bytes. Views are for `each`.
carrel::result<std::size_t> longest(carrel::read_session& session) {
    std::size_t length = 0;
    auto done =
        session.each<std::string_view>("SELECT text FROM notes WHERE stars >= :least", carrel::named("least", 3),
                                       [&](std::string_view text) { length = std::max(length, text.size()); });
    if (!done) return done.error();
    return length;
}

carrel::result<std::string> second(carrel::read_session& session) {
    auto found = session.first<std::tuple<std::string, int>>("SELECT text, stars FROM notes WHERE id = ?", 2);
    if (!found) return found.error();
    if (!*found) return std::string("none");
    const auto& [text, stars] = **found;
    return text + " " + std::string(static_cast<std::size_t>(stars), '*');
}

// The long form, for what the others do not cover: one statement, run for several values.
carrel::result<int> total(carrel::read_session& session) {
    auto row = session.prepare("SELECT stars FROM notes WHERE id = ?");
    if (!row) return row.error();
    int sum = 0;
    for (int id = 1; id <= 3; ++id) {
        auto found = row->bind(id).step();
        if (!found) return found.error();
        auto stars = row->get<std::optional<int>>(0);
        if (!stars) return stars.error();
        sum += stars->value_or(0);
    }
    return sum;
}

}  // namespace

int main() {
    auto db = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    auto added = db.write([](carrel::write_session& session) {
        return session.all<note>(
            "INSERT INTO notes (text, stars) VALUES ('first', 3), ('second', 5), ('third, without stars', NULL) "
            "RETURNING id, text, stars");
    });
    const auto notes = db.read([](carrel::read_session& session) {
        return session.all<note>("SELECT id, text, stars FROM notes WHERE stars IS NULL");
    });
    const auto names = db.read([](carrel::read_session& session) -> carrel::result<std::string> {
        auto row = session.prepare("SELECT text, stars AS rank FROM notes");
        if (!row) return row.error();
        return std::string(row->column_name(0)) + ", " + std::string(row->column_name(1));
    });
    std::cout << added.value().value.size() << " notes, one is '" << notes.value().front().text << "', the second is '"
              << db.read(second).value() << "', longest " << db.read(longest).value() << ", " << db.read(total).value()
              << " stars; columns " << names.value() << '\n';
    return added.value().value.size() == 3 && notes.value().size() == 1 && db.read(second).value() == "second *****" &&
                   db.read(longest).value() == 6 && db.read(total).value() == 8 && names.value() == "text, rank"
               ? 0
               : 1;
}
