// The system has no room for another thread: what needs one fails, and the rest goes on. A program of its own, since it
// replaces `pthread_create`.
#define BOOST_TEST_MODULE no_threads
#include "crash/history.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

using namespace carrel;
using namespace carrel::testing;

namespace {

std::atomic<int> threads_left{-1};  // below 0: any number

/// As many threads as this can be made while it lives.
class few_threads {
public:
    explicit few_threads(int most) { threads_left = most; }
    ~few_threads() { threads_left = -1; }
    few_threads(const few_threads&) = delete;
    few_threads& operator=(const few_threads&) = delete;
};

options settings_for(const std::string& path) {
    return {.path = path, .migrations = item_schema, .background_nice = 0};
}

auto count_items() {
    return [](read_session& session) { return session.first_integer("SELECT count(*) FROM item"); };
}

const one_statement add_item("INSERT INTO item(job, n, payload) VALUES(1, 0, '')");

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) noexcept {
    using function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto original = reinterpret_cast<function>(dlsym(RTLD_NEXT, "pthread_create"));
    for (int left = threads_left; left >= 0;) {
        if (left == 0) return EAGAIN;
        if (threads_left.compare_exchange_weak(left, left - 1)) break;
    }
    return original(thread, attributes, run, argument);
}

BOOST_AUTO_TEST_CASE(a_read_without_a_thread_is_refused_and_the_next_one_runs) {
    temp_directory directory;
    auto db = database::open(settings_for(directory.file("a.db"))).value();
    {
        const few_threads none(0);
        const auto read = db.async_read(count_items(), as_result(boost::asio::use_future)).get();
        BOOST_TEST_REQUIRE(!read);
        BOOST_TEST((read.error().code() == boost::system::errc::resource_unavailable_try_again));
        BOOST_TEST(db.write(add_item).has_value());  // the writer has its thread
    }
    BOOST_TEST(db.read(count_items()).value().value() == 1);
}

BOOST_AUTO_TEST_CASE(a_read_without_a_thread_of_its_own_waits_for_one_that_runs) {
    temp_directory directory;
    auto db = database::open(settings_for(directory.file("a.db"))).value();
    gate held;
    gate begun;
    auto slow = db.async_read(
        [&](read_session&) -> result<void> {
            begun.open();
            held.wait();
            return {};
        },
        as_result(boost::asio::use_future));
    begun.wait();
    const few_threads none(0);
    auto second = db.async_read(count_items(), as_result(boost::asio::use_future));
    held.open();
    BOOST_TEST(slow.get().has_value());
    BOOST_TEST(second.get().has_value());
}

BOOST_AUTO_TEST_CASE(an_open_without_threads_fails_cleanly) {
    temp_directory directory;
    const auto path = directory.file("a.db");
    int made = 0;
    for (;; ++made) {
        const few_threads some(made);
        auto opened = database::open(settings_for(path));
        if (opened) break;
        BOOST_TEST((opened.error().code() == boost::system::errc::resource_unavailable_try_again));
        BOOST_TEST(!std::filesystem::exists(path));
        BOOST_TEST(!std::filesystem::exists(path + ".lock"));
    }
    BOOST_TEST(made == 3);  // replies, writer, timer
}

BOOST_AUTO_TEST_CASE(async_stop_without_a_thread_completes) {
    temp_directory directory;
    auto db = database::open(settings_for(directory.file("a.db"))).value();
    {
        const few_threads none(0);
        const auto stopped = db.async_stop(as_result(boost::asio::use_future)).get();
        BOOST_TEST_REQUIRE(!stopped);
        BOOST_TEST((stopped.error().code() == boost::system::errc::resource_unavailable_try_again));
        BOOST_TEST(db.write(add_item).has_value());  // it has not stopped
    }
    BOOST_TEST(db.async_stop(as_result(boost::asio::use_future)).get().has_value());
}

BOOST_AUTO_TEST_CASE(a_handle_that_ends_inside_a_handler_without_a_thread_leaves_the_process_alive) {
    temp_directory directory;
    const auto path = directory.file("a.db");
    auto db = std::make_shared<database>(database::open(settings_for(path)).value());
    std::atomic<bool> done = false;
    gate go;
    db->async_write(add_item, [held = std::make_shared<std::shared_ptr<database>>(db), &go, &done](error_code, auto) {
        go.wait();
        const few_threads none(0);
        held->reset();
        done = true;
    });
    db.reset();
    go.open();
    BOOST_TEST(eventually([&] { return done.load(); }));
    BOOST_TEST(database::open(settings_for(path)).has_value());  // it has stopped
}

BOOST_AUTO_TEST_CASE(a_handle_that_ends_inside_its_own_work_without_a_thread_leaves_the_process_alive) {
    temp_directory directory;
    auto db = std::make_shared<database>(database::open(settings_for(directory.file("a.db"))).value());
    gate go;
    auto done = db->async_write(
        [held = std::make_shared<std::shared_ptr<database>>(db), &go](write_session&) -> result<void> {
            go.wait();
            const few_threads none(0);
            held->reset();
            return {};
        },
        as_result(boost::asio::use_future));
    db.reset();
    go.open();
    BOOST_TEST(done.get().has_value());
}
