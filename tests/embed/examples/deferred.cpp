// deferred: an operation that starts when it is called, also after its database has ended. redirect_error: the code
// goes to a variable, and nothing is thrown.
#include <carrel/database.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <iostream>
#include <optional>
#include <string>

using boost::asio::deferred;

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT"},
};

carrel::result<std::optional<std::int64_t>> count_notes(carrel::read_session& session) {
    return session.first_integer("SELECT count(*) FROM notes");
}

boost::asio::awaitable<carrel::error_code> add_again(carrel::database& notes,
                                                     const carrel::one_statement<std::string>& add) {
    carrel::error_code failed;
    co_await notes.async_write(add, boost::asio::redirect_error(boost::asio::use_awaitable, failed));
    co_return failed;
}

int main() {
    boost::asio::io_context context;
    std::optional<carrel::database> notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    const carrel::one_statement add("INSERT INTO notes (text) VALUES (?)", std::string("later"));

    // Two operations in a row as one: the second begins when the first has been committed.
    auto add_and_count = notes->async_write(add, deferred([&](carrel::error_code, carrel::committed<std::int64_t>) {
                                                return notes->async_read(count_notes, deferred);
                                            }));
    const auto count = std::move(add_and_count)(boost::asio::use_future).get();

    carrel::error_code second_failed;
    boost::asio::co_spawn(context, add_again(*notes, add),
                          [&](std::exception_ptr, carrel::error_code failed) { second_failed = failed; });
    context.run();

    // An operation keeps what it needs alive.
    auto too_late = notes->async_read(count_notes, deferred);
    notes.reset();
    carrel::error_code late_failed;
    std::move(too_late)(boost::asio::redirect_error(boost::asio::use_future, late_failed)).get();

    std::cout << *count << " note; then " << second_failed.message() << "; then " << late_failed.message() << '\n';
    return *count == 1 && second_failed == carrel::sqlite_errc::constraint_unique &&
                   late_failed == carrel::errc::stopping
               ? 0
               : 1;
}
