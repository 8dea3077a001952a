#include <carrel/database.hpp>

#include <boost/asio/use_future.hpp>

#include <iostream>
#include <string>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

int main() {
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();

    // A mutation: on the writer's thread, isolated from its neighbours, durable when the future is ready.
    carrel::one_statement add("INSERT INTO notes (text) VALUES (?)", std::string("one writer, many readers"));
    auto written = notes.async_write(add, boost::asio::use_future).get();

    // A read: in a snapshot that holds every write acknowledged before. INSERT in here would not compile.
    auto count_notes = [](carrel::read_session& session) {
        return session.first_integer("SELECT count(*) FROM notes");
    };
    auto count = notes.async_read(count_notes, boost::asio::use_future).get();

    std::cout << *count << " note, commit " << written.sequence << '\n';
}
