// as_result(token): error and value as one `result<T>`, the error with its diagnostic. Nothing throws.
#include <carrel/database.hpp>

#include <boost/asio/use_future.hpp>

#include <iostream>
#include <string>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT"},
};

int main() {
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    const carrel::one_statement add("INSERT INTO notes (text) VALUES (?)", std::string("once"));
    using boost::asio::use_future;

    carrel::result<carrel::committed<std::int64_t>> first = notes.async_write(add, carrel::as_result(use_future)).get();
    auto second = notes.async_write(add, carrel::as_result(use_future)).get();
    if (!first || second) return 1;

    std::cout << "commit " << first->sequence << ", then " << second.error().message() << '\n';
    const bool is_refused = second.error() == carrel::sqlite_errc::constraint_unique;
    return is_refused && second.error().diagnostic().find("notes.text") != std::string::npos ? 0 : 1;
}
