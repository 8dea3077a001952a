// Rows streamed to the host, one at a time on its own executor, while a reader reads ahead.
#include <carrel/for_each.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string>

namespace {

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

struct note {
    std::int64_t id = 0;
    std::string text;
};

carrel::result<void> add_notes(carrel::write_session& session) {
    return session.execute(
        "INSERT INTO notes (text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) "
        "SELECT 'note ' || i FROM n");
}

}  // namespace

int main() {
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    if (!notes.write(add_notes)) return 1;

    boost::asio::io_context context;
    std::int64_t sum = 0;
    const auto consume = [&sum](note&& one) { sum += one.id; };
    auto wanted = carrel::query<note>("SELECT id, text FROM notes WHERE id > ? ORDER BY id", 5'000);
    bool is_done = false;
    carrel::async_for_each(notes, std::move(wanted), consume,
                           boost::asio::bind_executor(context, [&](carrel::error_code code, std::uint64_t rows) {
                               is_done = !code && rows == 5'000;
                           }));
    context.run();
    if (!is_done || sum != 37'502'500) return 1;
    std::cout << "streamed 5000 notes\n";
}
