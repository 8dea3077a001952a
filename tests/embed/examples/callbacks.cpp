// Completion handlers: the error code comes first, then the value. What a code does not say is in a `diagnostics`.
#include <carrel/database.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT"},
};

int main() {
    boost::asio::io_context context;  // made before the database, so that it outlives it
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    const carrel::one_statement add("INSERT INTO notes (text) VALUES (?)", std::string("once"));

    std::uint64_t commit = 0;
    carrel::error_code second_failed;
    carrel::diagnostics why;
    auto on_second = [&](carrel::error_code failed, carrel::committed<std::int64_t>) { second_failed = failed; };
    auto on_first = [&](carrel::error_code failed, carrel::committed<std::int64_t> written) {
        if (failed) return;
        commit = written.sequence;
        notes.async_write(add, {.diagnostics = &why}, boost::asio::bind_executor(context, on_second));
    };
    notes.async_write(add, boost::asio::bind_executor(context, on_first));
    context.run();  // a handler that is still to come counts as work of its executor

    std::cout << "commit " << commit << ", then " << second_failed.message() << ": " << why.message() << '\n';
    const bool is_refused = second_failed == carrel::sqlite_errc::constraint_unique;
    return commit > 0 && is_refused && why.message().find("notes.text") != std::string::npos ? 0 : 1;
}
