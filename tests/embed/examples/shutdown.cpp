// The end: what was accepted is finished, running reads are cancelled if the mode says so, and what comes later is refused.
#include <carrel/database.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <iostream>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

int main() {
    boost::asio::io_context context;
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();

    std::promise<void> is_reading;
    auto count_for_ever = [&](carrel::read_session& session) {
        is_reading.set_value();
        return session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    };
    const carrel::one_statement add("INSERT INTO notes (text) VALUES ('last')");
    auto reading = notes.async_read(count_for_ever, carrel::as_result(boost::asio::use_future));
    auto writing = notes.async_write(add, carrel::as_result(boost::asio::use_future));
    is_reading.get_future().wait();

    // Completes when the file is closed. Without a mode, or as `stop_mode::finish`, reads are finished, too.
    carrel::error_code stopped = carrel::errc::overloaded;
    notes.async_stop(carrel::stop_mode::cancel_reads,
                     boost::asio::bind_executor(context, [&](carrel::error_code failed) { stopped = failed; }));
    context.run();

    auto read = reading.get();
    auto written = writing.get();
    auto late = notes.write(add);
    if (read || !written || late) return 1;
    std::cout << "write committed, read: " << read.error().code().message()
              << ", late: " << late.error().code().message() << '\n';
    return !stopped && read.error() == carrel::errc::cancelled && late.error() == carrel::errc::stopping ? 0 : 1;
}
