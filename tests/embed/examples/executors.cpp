// Executors of the host's: the writer's strand on one, handlers without an executor of their own on another.
#include <carrel/database.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <iostream>
#include <thread>

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

std::thread::id thread_of(boost::asio::thread_pool& pool) {
    return boost::asio::post(pool, boost::asio::use_future(&std::this_thread::get_id)).get();
}

int main() {
    boost::asio::thread_pool writers(1), replies(1);  // made before the database, so that they outlive it
    auto notes = carrel::database::open({.path = ":memory:",
                                         .migrations = schema,
                                         .writer_executor = writers.get_executor(),
                                         .completion_executor = replies.get_executor()})
                     .value();

    std::thread::id work;
    std::promise<std::thread::id> handler;
    auto add = [&](carrel::write_session& session) {
        work = std::this_thread::get_id();
        return session.execute("INSERT INTO notes (text) VALUES ('elsewhere')");
    };
    notes.async_write(
        add, [&](carrel::error_code, carrel::committed<void>) { handler.set_value(std::this_thread::get_id()); });

    const auto handled = handler.get_future().get();
    const bool is_right = work == thread_of(writers) && handled == thread_of(replies);
    std::cout << (is_right ? "both ran on the host's threads\n" : "something ran elsewhere\n");
    return is_right ? 0 : 1;
}
