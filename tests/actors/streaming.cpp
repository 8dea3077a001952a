// Rows streamed to the host's executor, with back-pressure.
#include "fixture.hpp"

#include <carrel/for_each.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

struct numbered {
    std::int64_t number = 0;
    std::string text;
};

auto numbers(std::int64_t last) {
    return query<numbered>(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i, 'row ' || i FROM n", last);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(streaming)

BOOST_AUTO_TEST_CASE(rows_arrive_in_order_on_the_handlers_executor) {
    boost::asio::io_context context;
    fixture f;
    for (const std::int64_t wanted : {0, 1, 511, 512, 513, 20'000}) {
        context.restart();
        std::int64_t next = 1;
        bool in_order = true;
        bool elsewhere = false;
        std::optional<std::uint64_t> streamed;
        const auto home = std::this_thread::get_id();
        auto consume = [&](numbered&& row) {
            in_order &= row.number == next && row.text == "row " + std::to_string(next);
            elsewhere |= std::this_thread::get_id() != home;
            ++next;
        };
        async_for_each(f.db, numbers(wanted), consume,
                       boost::asio::bind_executor(context.get_executor(), [&](error_code code, std::uint64_t rows) {
                           BOOST_TEST(!code);
                           streamed = rows;
                       }));
        context.run();
        BOOST_TEST(in_order);
        BOOST_TEST(!elsewhere);
        BOOST_TEST(next == wanted + 1);
        BOOST_TEST(streamed.value_or(99) == static_cast<std::uint64_t>(wanted));
    }
}

BOOST_AUTO_TEST_CASE(the_reader_waits_for_a_slow_consumer) {
    boost::asio::io_context context;
    std::atomic<std::int64_t> rows_read{0};
    auto counting = make_function<std::int64_t(std::int64_t)>("seen", [&](std::int64_t i) {
        rows_read = i;
        return i;
    });
    fixture f([&](options& o) { o.scalar_functions = {counting}; });
    std::int64_t consumed = 0;
    std::int64_t ahead_max = 0;
    async_for_each(
        f.db,
        query<std::int64_t>(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT seen(i) FROM n"),
        [&](std::int64_t) {
            ++consumed;
            ahead_max = std::max(ahead_max, rows_read - consumed);
        },
        {.deadline = 60s}, boost::asio::bind_executor(context.get_executor(), [](error_code, std::uint64_t) {}));
    context.run();
    BOOST_TEST(consumed == 50'000);
    BOOST_TEST(ahead_max <= 6 * 512);
}

BOOST_AUTO_TEST_CASE(a_consumer_may_end_the_stream) {
    fixture f;
    std::int64_t last = 0;
    auto consume = [&](numbered&& row) {
        last = row.number;
        return row.number < 1'000;
    };
    BOOST_TEST(
        async_for_each(f.db, numbers(1'000'000'000), consume, {.deadline = 60s}, boost::asio::use_future).get() >=
        1'000u);
    BOOST_TEST(last == 1'000);
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 0u; }));
}

BOOST_AUTO_TEST_CASE(what_a_consumer_throws_ends_the_stream) {
    fixture f;
    auto consume = [](numbered&& row) {
        if (row.number == 700) throw std::runtime_error("row 700");
    };
    diagnostics why;
    auto failed = async_for_each(f.db, numbers(1'000'000'000), consume, {.deadline = 60s, .diagnostics = &why},
                                 as_result(boost::asio::use_future))
                      .get();
    BOOST_TEST((failed.error() == errc::work_threw));
    BOOST_TEST(failed.error().diagnostic() == "row 700");
}

BOOST_AUTO_TEST_CASE(a_stream_ends_at_its_deadline_and_when_it_is_cancelled) {
    boost::asio::io_context context;
    fixture f;
    auto late = async_for_each(
        f.db, numbers(1'000'000'000), [](numbered&&) {}, {.deadline = 100ms}, as_result(boost::asio::use_future));
    BOOST_TEST((late.get().error() == errc::deadline_exceeded));
    boost::asio::cancellation_signal signal;
    std::optional<error_code> outcome;
    auto consume = [&signal](numbered&& row) {
        if (row.number == 1) signal.emit(boost::asio::cancellation_type::terminal);
    };
    auto keep = [&outcome](error_code code, std::uint64_t) { outcome = code; };
    async_for_each(
        f.db, numbers(1'000'000'000), consume, {.deadline = 60s},
        boost::asio::bind_cancellation_slot(signal.slot(), boost::asio::bind_executor(context.get_executor(), keep)));
    context.run();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(no_row_is_consumed_after_the_handler_ran) {
    boost::asio::thread_pool pool(4);
    fixture f;
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> ended{false};
        std::atomic<bool> late{false};
        std::promise<error_code> outcome;
        async_for_each(
            f.db, numbers(1'000'000'000), [&](numbered&&) { late = late || ended; }, {.deadline = 5ms},
            boost::asio::bind_executor(pool.get_executor(), [&](error_code code, std::uint64_t) {
                ended = true;
                outcome.set_value(code);
            }));
        BOOST_TEST((outcome.get_future().get() == errc::deadline_exceeded));
        BOOST_TEST(!late);
    }
    pool.join();
}

BOOST_AUTO_TEST_SUITE_END()
