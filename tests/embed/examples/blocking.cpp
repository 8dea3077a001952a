// Without Asio: `read` and `write` wait on the calling thread. Where that thread would wait for itself they refuse.
#include <carrel/database.hpp>

#include <iostream>
#include <string>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

int main() {
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    auto count_notes = [](carrel::read_session& session) {
        return session.first_integer("SELECT count(*) FROM notes");
    };

    auto written = notes.write(carrel::one_statement("INSERT INTO notes (text) VALUES (?)", std::string("plain")));
    auto count = notes.read(count_notes);
    if (!written || !count) return 1;

    // A work that waits for its own database: the writer would never come to an end.
    auto count_while_writing = [&](carrel::write_session&) -> carrel::result<void> {
        if (auto inner = notes.read(count_notes); !inner) return inner.error();
        return {};
    };
    auto refused = notes.write(count_while_writing);
    if (refused) return 1;

    std::cout << **count << " note in commit " << written->sequence << "; " << refused.error().message() << '\n';
    return **count == 1 && refused.error() == carrel::errc::would_deadlock ? 0 : 1;
}
