// use_future: the future yields the value, and throws what failed.
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

    auto pending = notes.async_write(add, boost::asio::use_future);
    const carrel::committed<std::int64_t> written = pending.get();

    carrel::error_code failed;
    try {
        notes.async_write(add, boost::asio::use_future).get();
    } catch (const boost::system::system_error& e) {
        failed = e.code();
    }

    std::cout << written.value << " row in commit " << written.sequence << ", then " << failed.message() << '\n';
    return written.value == 1 && failed == carrel::sqlite_errc::constraint_unique ? 0 : 1;
}
