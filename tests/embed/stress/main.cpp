// A host under load for some seconds: threads, callbacks, futures, coroutines, shards, cancellation, streaming, and a stop
// while all of it goes on. Run under the sanitizers and valgrind; says how much was done and fails on what must not be.
#include <carrel/database.hpp>
#include <carrel/for_each.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using carrel::error_code;

constexpr carrel::migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};

struct note {
    std::int64_t id;
    std::string text;
};

struct tally {
    std::atomic<std::uint64_t> sent{0}, completed{0}, written{0}, wrong{0};
    std::atomic<bool> ends{false};

    // What a database may answer to a host that cancels and stops.
    void note(const error_code& code) {
        ++completed;
        if (!code || code == carrel::errc::cancelled || code == carrel::errc::stopping ||
            code == carrel::errc::overloaded || code == carrel::errc::deadline_exceeded)
            return;
        ++wrong;
        std::cerr << code.message() << '\n';
    }
};

auto add_note() {
    return carrel::one_statement("INSERT INTO notes (text) VALUES (?)", std::string("one writer, many readers"));
}

auto count_notes() {
    return [](carrel::read_session& session) { return session.first_integer("SELECT count(*) FROM notes"); };
}

void write_with_futures(carrel::database& db, tally& all) {
    while (!all.ends) {
        ++all.sent;
        const auto done = db.async_write(add_note(), carrel::as_result(asio::use_future)).get();
        if (done) ++all.written;
        all.note(done ? error_code() : done.error().code());
    }
}

void read_with_callbacks(carrel::database& db, tally& all) {
    std::atomic<int> running{0};
    while (!all.ends) {
        if (running >= 16) {
            std::this_thread::yield();
            continue;
        }
        ++running;
        ++all.sent;
        db.async_read(count_notes(), [&](error_code code, std::optional<std::int64_t>) {
            all.note(code);
            --running;
        });
    }
    while (running > 0) std::this_thread::yield();
}

void cancel(carrel::database& db, tally& all) {
    asio::io_context context{1};
    while (!all.ends) {
        asio::cancellation_signal signal;
        ++all.sent;
        db.async_write(add_note(), asio::bind_cancellation_slot(
                                       signal.slot(), asio::bind_executor(context, [&](error_code code, auto) {
                                           if (!code) ++all.written;
                                           all.note(code);
                                       })));
        signal.emit(asio::cancellation_type::all);
        context.restart();
        context.run();
    }
}

void stream(carrel::database& db, tally& all) {
    while (!all.ends) {
        std::uint64_t seen = 0;
        ++all.sent;
        auto done = carrel::async_for_each(
            db, carrel::query<note>("SELECT id, text FROM notes ORDER BY id LIMIT 3000"), [&](note&&) { ++seen; },
            carrel::as_result(asio::use_future));
        const auto rows = done.get();
        if (rows && *rows != seen) ++all.wrong;
        all.note(rows ? error_code() : rows.error().code());
    }
}

asio::awaitable<void> client(carrel::database& db, tally& all) {
    while (!all.ends) {
        error_code code;
        all.sent += 2;
        auto add = add_note();
        co_await db.async_write(std::move(add), asio::redirect_error(asio::use_awaitable, code));
        if (!code) ++all.written;
        all.note(code);
        auto count = count_notes();
        co_await db.async_read(std::move(count), asio::redirect_error(asio::use_awaitable, code));
        all.note(code);
    }
}

void run_clients(carrel::database& db, tally& all) {
    asio::io_context context{1};
    for (int i = 0; i < 8; ++i) asio::co_spawn(context, client(db, all), asio::detached);
    if (auto ran = carrel::run_shard(db, context); !ran) ++all.wrong;
}

std::uint64_t run_all(carrel::database& db, tally& all, std::chrono::milliseconds length) {
    std::vector<std::thread> threads;
    for (auto* body :
         {write_with_futures, write_with_futures, read_with_callbacks, cancel, stream, run_clients, run_clients})
        threads.emplace_back([body, &db, &all] { body(db, all); });
    asio::io_context clock;
    asio::steady_timer(clock, length).wait();
    const std::uint64_t before = all.written;
    auto stopped = db.async_stop(carrel::stop_mode::cancel_reads, carrel::as_result(asio::use_future));
    if (!stopped.get()) ++all.wrong;
    all.ends = true;
    for (auto& one : threads) one.join();
    return before;
}

int main(int argc, char** argv) {
    const std::chrono::milliseconds length(argc > 1 ? std::atoi(argv[1]) : 2'000);
    tally all;
    auto db = carrel::database::open({.path = ":memory:", .migrations = schema}).value();
    const auto written = run_all(db, all, length);
    std::cout << all.sent << " sent, " << all.completed << " completed, " << written << " written\n";
    return all.wrong == 0 && all.sent == all.completed && written > 0 ? 0 : 1;
}
