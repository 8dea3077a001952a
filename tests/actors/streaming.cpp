// Rows streamed to the host's executor, with back-pressure.
#include "fixture.hpp"
#include "support/harness.hpp"

#include <carrel/for_each.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <sqlite3.h>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

struct numbered {
    std::int64_t number = 0;
    std::string text;
};

struct optional_text {
    std::int64_t number = 0;
    std::optional<std::string> text;
};

// Knows on which thread it should end, once it has been consumed.
struct mapped {
    std::int64_t number = 0;
    std::thread::id owner;
    static inline std::atomic<int> ended_elsewhere{0};

    explicit mapped(std::int64_t n)
        : number(n) {}
    mapped(mapped&& other) noexcept
        : number(other.number),
          owner(std::exchange(other.owner, {})) {}
    mapped& operator=(mapped&&) = delete;
    ~mapped() {
        if (owner != std::thread::id() && owner != std::this_thread::get_id()) ++ended_elsewhere;
    }
};

}  // namespace

template <>
struct carrel::row_mapping<mapped> {
    static result<mapped> read(const statement& from) { return mapped(from.integer(0)); }
};

namespace {

auto numbers(std::int64_t last) {
    return query<numbered>(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i, 'row ' || i FROM n", last);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(streaming)

BOOST_AUTO_TEST_CASE(rows_arrive_in_order_on_the_handlers_executor) {
    boost::asio::io_context context;
    fixture f;
    for (const std::int64_t wanted : {0, 1, 15, 16, 17, 20'000, 200'000}) {
        context.restart();
        std::int64_t next = 1;
        bool in_order = true;
        bool elsewhere = false;
        std::optional<std::uint64_t> streamed;
        const auto owner = std::this_thread::get_id();
        auto consume = [&](numbered&& row) {
            in_order &= row.number == next && row.text == "row " + std::to_string(next);
            elsewhere |= std::this_thread::get_id() != owner;
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

BOOST_AUTO_TEST_CASE(an_executor_may_consume_rows_before_it_returns_from_taking_them) {
    fixture f;
    std::int64_t next = 1;
    std::promise<std::pair<error_code, std::uint64_t>> done;
    async_for_each(
        f.db, numbers(20'000), [&](numbered&& row) { next += row.number == next ? 1 : 0; },
        boost::asio::bind_executor(inline_executor(), [&](error_code code, std::uint64_t rows) {
            done.set_value({code, rows});
        }));
    const auto [code, rows] = done.get_future().get();
    BOOST_TEST(!code);
    BOOST_TEST(rows == 20'000u);
    BOOST_TEST(next == 20'001);
}

// Asio's own would be made by a reader, with its name, its priority and its signals.
BOOST_AUTO_TEST_CASE(who_waits_with_a_future_has_its_rows_consumed_on_the_databases_executor) {
    boost::asio::thread_pool pool(1);
    std::promise<std::thread::id> pools;
    boost::asio::post(pool, [&] { pools.set_value(std::this_thread::get_id()); });
    const auto its_thread = pools.get_future().get();
    fixture f([&](options& o) { o.completion_executor = pool.get_executor(); });
    int elsewhere = 0;
    const auto consume = [&](numbered&&) { elsewhere += std::this_thread::get_id() == its_thread ? 0 : 1; };
    BOOST_TEST(async_for_each(f.db, numbers(20'000), consume, boost::asio::use_future).get() == 20'000u);
    auto kept = async_for_each(f.db, numbers(20'000), consume, as_result(boost::asio::use_future));
    BOOST_TEST(kept.get().value() == 20'000u);
    BOOST_TEST(elsewhere == 0);
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
    constexpr std::int64_t all = 50'000;
    const auto consume = [&](std::int64_t) {
        if (++consumed > 1) return;
        (void)eventually([&] { return rows_read == all; }, 200ms);  // a reader that does not wait gets there
        BOOST_TEST(rows_read <= 4 * 4'096);
    };
    async_for_each(
        f.db,
        query<std::int64_t>(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT seen(i) FROM n", all),
        consume, {.deadline = 60s},
        boost::asio::bind_executor(context.get_executor(), [](error_code code, std::uint64_t) { BOOST_TEST(!code); }));
    context.run();
    BOOST_TEST(consumed == all);
}

BOOST_AUTO_TEST_CASE(rows_that_are_slow_to_come_are_not_kept_back) {
    std::promise<void> has_come;
    auto came = has_come.get_future().share();
    auto slow = make_function<bool(std::int64_t)>("slow", [came](std::int64_t i) {
        const auto end = std::chrono::steady_clock::now() + 1ms;
        if (i == 1) return eventually([end] { return std::chrono::steady_clock::now() > end; });
        return i < 100 || came.wait_for(20s) == std::future_status::ready;
    });
    fixture f([&](options& o) { o.scalar_functions = {slow}; });
    std::uint64_t consumed = 0;
    bool all_good = true;
    auto consume = [&](bool good) {
        if (++consumed == 1) has_come.set_value();
        all_good &= good;
    };
    async_for_each(
        f.db,
        query<bool>("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT slow(i) FROM n"),
        consume, {.deadline = 60s}, boost::asio::use_future)
        .get();
    BOOST_TEST(consumed == 100u);
    BOOST_TEST(all_good);
}

BOOST_AUTO_TEST_CASE(rows_of_a_mapping_of_the_hosts_end_on_its_executor) {
    boost::asio::io_context context;
    fixture f;
    std::uint64_t rows = 0;
    const auto owner = std::this_thread::get_id();
    mapped::ended_elsewhere = 0;
    async_for_each(
        f.db,
        query<mapped>("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n"),
        [&](mapped&& row) {
            row.owner = owner;
            rows += row.number == static_cast<std::int64_t>(rows) + 1 ? 1 : 0;
        },
        {.deadline = 60s},
        boost::asio::bind_executor(context.get_executor(), [](error_code code, std::uint64_t) { BOOST_TEST(!code); }));
    context.run();
    BOOST_TEST(rows == 20'000u);
    BOOST_TEST(mapped::ended_elsewhere == 0);
}

BOOST_AUTO_TEST_CASE(a_row_shows_nothing_of_the_one_whose_place_it_took) {
    fixture f;
    std::int64_t next = 1;
    bool is_right = true;
    // Some rows are moved away, others left; each is longer than the one before it, or shorter, or NULL.
    std::vector<optional_text> kept;
    auto consume = [&](optional_text&& row) {
        const auto wanted =
            next % 3 == 0 ? std::nullopt : std::optional(std::string(static_cast<std::size_t>(next % 50), 'x'));
        is_right &= row.text == wanted && row.number == next;
        if (next++ % 7 == 0) kept.push_back(std::move(row));
    };
    async_for_each(
        f.db,
        query<optional_text>("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40000) SELECT i, "
                             "iif(i % 3 = 0, NULL, substr(printf('%.*c', 50, 'x'), 1, i % 50)) FROM n"),
        consume, {.deadline = 60s}, boost::asio::use_future)
        .get();
    BOOST_TEST(next == 40'001);
    BOOST_TEST(is_right);
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

BOOST_AUTO_TEST_CASE(a_stream_that_was_interrupted_by_mistake_repeats_no_row) {
    boost::asio::io_context context;
    std::mutex mutex;
    std::vector<sqlite3*> readers;
    std::atomic<bool> interrupts{true};
    auto breaking = make_function<std::int64_t(std::int64_t)>("breaking", [&](std::int64_t i) {
        if (i == 20'000 && interrupts.exchange(false)) {
            std::lock_guard lock(mutex);
            for (sqlite3* each : readers) sqlite3_interrupt(each);
        }
        return i;
    });
    fixture f([&](options& o) {
        o.scalar_functions = {breaking};
        o.on_connect = [&](sqlite3* db, connection_role role) -> result<void> {
            std::lock_guard lock(mutex);
            if (role == connection_role::reader) readers.push_back(db);
            return {};
        };
    });
    std::int64_t last = 0;
    bool repeats = false;
    std::optional<error_code> outcome;
    async_for_each(
        f.db,
        query<std::int64_t>(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT breaking(i) FROM n",
            std::int64_t{50'000}),
        [&](std::int64_t row) {
            repeats = repeats || row <= last;
            last = row;
        },
        {.deadline = 60s},
        boost::asio::bind_executor(context.get_executor(), [&](error_code code, std::uint64_t) { outcome = code; }));
    context.run();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST(!interrupts);
    BOOST_TEST(last > 0);
    BOOST_TEST(!repeats);
    BOOST_TEST((*outcome == make_error_code(sqlite_errc::interrupt)));
}

BOOST_AUTO_TEST_SUITE_END()
