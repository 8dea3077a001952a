// Completion tokens: callbacks, futures and coroutines, on the executor they name.
#include "fixture.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

result<std::int64_t> count_things(read_session& session) {
    auto counted = session.first_integer("SELECT count(*) FROM thing");
    if (!counted) return counted.error();
    return **counted;
}

result<std::int64_t> insert_thing(write_session& session, const std::string& name) { return add_thing(name)(session); }

boost::asio::awaitable<std::int64_t> add_and_count(database& db) {
    auto insertion = work(insert_thing, std::string("from a coroutine"));
    auto added = co_await db.async_write(std::move(insertion), as_result(boost::asio::use_awaitable));
    if (!added) co_return -1;
    co_return co_await db.async_read(work(count_things), boost::asio::use_awaitable);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(coroutines_await_reads_and_writes) {
    boost::asio::io_context context;
    fixture f;
    std::int64_t counted = 0;
    boost::asio::co_spawn(context, add_and_count(f.db), [&](const std::exception_ptr& failed, std::int64_t n) {
        BOOST_TEST(!failed);
        counted = n;
    });
    context.run();
    BOOST_TEST(counted == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_runs_on_its_own_executor_and_keeps_it_busy) {
    boost::asio::io_context context;
    fixture f;
    std::thread::id ran_on;
    f.db.async_read(count_things, boost::asio::bind_executor(context.get_executor(),
                                                             [&](auto&&...) { ran_on = std::this_thread::get_id(); }));
    context.run();  // returns only when the handler has run
    BOOST_TEST((ran_on == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(work_is_destroyed_before_the_handler_runs) {
    fixture f;
    auto token = std::make_shared<int>(1);
    std::weak_ptr<int> watched = token;
    std::promise<bool> gone;
    f.db.async_write([token = std::move(token)](write_session&) -> result<void> { return {}; },
                     [&](auto&&...) { gone.set_value(watched.expired()); });
    BOOST_TEST(gone.get_future().get());
}

BOOST_AUTO_TEST_CASE(results_may_be_moved_only) {
    fixture f;
    auto text = read(f.db, [](read_session&) -> result<std::unique_ptr<std::string>> {
        return std::make_unique<std::string>("owned");
    });
    BOOST_TEST(*text.value() == "owned");
}

BOOST_AUTO_TEST_CASE(many_threads_may_use_one_handle) {
    boost::asio::thread_pool pool(4);
    fixture f;
    std::atomic<int> done{0};
    for (int t = 0; t < 4; ++t)
        boost::asio::post(pool, [&f, &done, t] {
            for (int i = 0; i < 100; ++i) {
                const auto name = std::to_string(t) + "-" + std::to_string(i);
                if (write(f.db, add_thing(name)).has_value() && read(f.db, count_things).value() > 0) ++done;
            }
        });
    pool.join();
    BOOST_TEST(done == 400);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 400);
    BOOST_TEST(f.db.stats().busy_seen == 0u);
}

BOOST_AUTO_TEST_CASE(integers_keep_all_their_bits) {
    fixture f;
    const std::vector<std::int64_t> edges{INT64_MIN, INT64_MAX, 36028797018963968, 9007199254740993, -1, 0};
    for (auto edge : edges) {
        auto back = write(f.db, [edge](write_session& session) -> result<std::int64_t> {
            auto echo = session.prepare(read_sql("SELECT ?"));
            if (auto row = echo->bind(edge).step(); !row) return row.error();
            return echo->integer(0);
        });
        BOOST_TEST(back.value().value == edge);
    }
}

BOOST_AUTO_TEST_SUITE_END()
