// Coroutines: use_awaitable yields the value and throws; `&&` and `||` wait for several operations or for a time-out.
//
// g++ 12 ends the captures of a lambda twice that is written in one full expression with co_await (PR 107288), so
// works are named first, or made by `carrel::work(function, arguments...)` and `carrel::one_statement`.
#include <carrel/database.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <variant>

using boost::asio::awaitable;
using boost::asio::use_awaitable;
using namespace boost::asio::experimental::awaitable_operators;

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

carrel::result<std::int64_t> add_note(carrel::write_session& session, const std::string& text) {
    if (auto added = session.execute("INSERT INTO notes (text) VALUES (?)", text); !added) return added.error();
    return session.last_insert_rowid();
}

carrel::result<std::optional<std::string>> find_note(carrel::read_session& session, std::int64_t id) {
    return session.first<std::string>("SELECT text FROM notes WHERE id = ?", id);
}

carrel::result<std::optional<std::int64_t>> count_for_ever(carrel::read_session& session) {
    return session.first_integer(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
}

awaitable<void> wait_for(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(use_awaitable);
}

awaitable<bool> show(carrel::database& notes) {
    // A function and its arguments: nothing of it is destroyed twice.
    auto written = co_await notes.async_write(carrel::work(add_note, std::string("safe")), use_awaitable);

    // A lambda with captures is named first and moved in.
    auto add_another = [text = std::string("safe, too")](carrel::write_session& session) {
        return add_note(session, text);
    };
    auto another = co_await notes.async_write(std::move(add_another), use_awaitable);

    // Both reads run at once.
    auto [first, second] = co_await (notes.async_read(carrel::work(find_note, written.value), use_awaitable) &&
                                     notes.async_read(carrel::work(find_note, another.value), use_awaitable));

    // The loser is cancelled: the read is interrupted.
    auto winner = co_await (notes.async_read(count_for_ever, use_awaitable) || wait_for(std::chrono::milliseconds(50)));
    const bool has_timed_out = std::holds_alternative<std::monostate>(winner);

    std::cout << *first << "; " << *second << "; " << (has_timed_out ? "timed out" : "counted") << '\n';
    co_return *first == "safe" && *second == "safe, too" && has_timed_out;
}

int main() {
    boost::asio::io_context context;
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    bool is_right = false;
    boost::asio::co_spawn(context, show(notes), [&](std::exception_ptr thrown, bool right) {
        if (thrown) std::rethrow_exception(thrown);
        is_right = right;
    });
    context.run();
    return is_right ? 0 : 1;
}
