// Cancellation: a job that waits completes at once, a running read is interrupted, a running write ends when its next
// statement begins, and is undone.
#include <carrel/database.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <iostream>
#include <optional>

using boost::asio::bind_cancellation_slot;
using boost::asio::bind_executor;
using boost::asio::cancellation_type;

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

int main() {
    boost::asio::io_context context;
    auto notes = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    carrel::error_code read_failed, write_failed, waiting_failed;

    std::promise<void> is_reading;
    auto count_for_ever = [&](carrel::read_session& session) {
        is_reading.set_value();
        return session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    };
    std::promise<void> has_written, may_go_on;
    auto add_two = [&](carrel::write_session& session) -> carrel::result<void> {
        if (auto added = session.execute("INSERT INTO notes (text) VALUES ('first')"); !added) return added;
        has_written.set_value();
        may_go_on.get_future().wait();
        return session.execute("INSERT INTO notes (text) VALUES ('second')");  // `errc::cancelled`
    };
    const carrel::one_statement add("INSERT INTO notes (text) VALUES ('third')");

    boost::asio::cancellation_signal read_signal, write_signal, waiting_signal;
    notes.async_read(
        count_for_ever,
        bind_cancellation_slot(read_signal.slot(),
                               bind_executor(context, [&](carrel::error_code failed, std::optional<std::int64_t>) {
                                   read_failed = failed;
                               })));
    notes.async_write(
        add_two, bind_cancellation_slot(write_signal.slot(),
                                        bind_executor(context, [&](carrel::error_code failed, carrel::committed<void>) {
                                            write_failed = failed;
                                        })));
    has_written.get_future().wait();
    notes.async_write(add, bind_cancellation_slot(
                               waiting_signal.slot(),
                               bind_executor(context, [&](carrel::error_code failed, carrel::committed<std::int64_t>) {
                                   waiting_failed = failed;
                                   may_go_on.set_value();  // the write behind which this one waited still runs
                               })));
    is_reading.get_future().wait();

    // A signal is not thread-safe: emit where the handlers run. Here nothing runs the context yet.
    read_signal.emit(cancellation_type::total);
    write_signal.emit(cancellation_type::total);
    waiting_signal.emit(cancellation_type::total);
    context.run();

    auto count =
        notes.read([](carrel::read_session& session) { return session.first_integer("SELECT count(*) FROM notes"); });
    std::cout << read_failed.message() << ", " << **count << " notes\n";
    const auto cancelled = boost::system::errc::operation_canceled;  // the portable condition of `errc::cancelled`
    return read_failed == cancelled && write_failed == cancelled && waiting_failed == cancelled && **count == 0 ? 0 : 1;
}
