// Background readers: snapshots, stealing, pool rules, interruption.
#include "fixture.hpp"
#include "held_read.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <set>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr auto endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

result<std::optional<std::int64_t>> count_for_ever(read_session& session) {
    return session.first_integer(read_sql::dynamic(endless));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reader_background)

BOOST_AUTO_TEST_CASE(one_read_sees_one_snapshot) {
    fixture f;
    auto looked = std::make_shared<std::promise<void>>();
    auto go_on = std::make_shared<gate>();
    auto pending = f.db.async_read(
        [looked, go_on](read_session& session) -> result<std::pair<std::int64_t, std::int64_t>> {
            auto before = session.first_integer("SELECT count(*) FROM thing");
            looked->set_value();
            go_on->wait();
            auto after = session.first_integer("SELECT count(*) FROM thing");
            return std::pair(before.value().value(), after.value().value());
        },
        as_result(boost::asio::use_future));
    looked->get_future().wait();
    write(f.db, add_thing("between")).value();
    go_on->open();
    BOOST_TEST(pending.get().value().second == 0);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
}

BOOST_AUTO_TEST_CASE(a_read_cannot_change_anything) {
    fixture f;
    for (const char* sql :
         {"WITH x AS (SELECT 1) DELETE FROM thing", "INSERT INTO thing(name) VALUES('x')", "ATTACH ':memory:' AS other",
          "VACUUM INTO '/tmp/never'", "PRAGMA query_only=0", "PRAGMA journal_mode", "CREATE TEMP TABLE t(a)", "BEGIN",
          "SELECT fts3_tokenizer('simple')", "SELECT load_extension('x')"}) {
        auto outcome = read(f.db, [sql](read_session& session) -> result<void> {
            auto prepared = session.prepare(read_sql::dynamic(sql));
            return prepared ? prepared->run() : result<void>(prepared.error());
        });
        BOOST_TEST(outcome.has_error(), sql);
    }
}

BOOST_AUTO_TEST_CASE(text_that_may_write_is_refused_as_no_read) {
    fixture f;
    // On the writer's connection too: a function over a read session stays a read there.
    auto outcome = write(f.db, [](read_session& session) -> result<void> {
        auto prepared = session.prepare(read_sql("WITH x AS (SELECT 1) DELETE FROM thing"));
        return prepared ? prepared->run() : result<void>(prepared.error());
    });
    BOOST_TEST((outcome.error() == errc::not_a_read));
}

BOOST_AUTO_TEST_CASE(connections_open_on_demand_and_no_more_than_the_idle_ones_stay) {
    fixture f([](options& o) { o.readers_max = 4, o.readers_idle = 1; });
    BOOST_TEST(f.db.stats().read.open == 0u);
    std::vector<std::unique_ptr<held_read>> held;
    for (int i = 0; i < 3; ++i) held.push_back(std::make_unique<held_read>(f.db));
    BOOST_TEST(f.db.stats().read.open == 3u);
    BOOST_TEST(f.db.stats().read.in_use == 3u);
    for (auto& one : held) one->release();
    BOOST_TEST(eventually([&] { return f.db.stats().read.closed_max_idle == 2u; }));  // counted once it is closed
    BOOST_TEST(f.db.stats().read.open == 1u);
}

BOOST_AUTO_TEST_CASE(of_readers_that_come_to_rest_at_once_as_many_stay_as_may_be_idle) {
    fixture f([](options& o) { o.readers_max = 8, o.readers_idle = 1; });
    std::uint64_t closed = 0;
    for (int round = 0; round < 200; ++round) {
        std::vector<std::unique_ptr<held_read>> held;
        while (held.size() < 8) held.push_back(std::make_unique<held_read>(f.db));
        BOOST_TEST_REQUIRE(f.db.stats().read.open == 8u);
        for (auto& one : held) one->let_go();
        held.clear();
        closed += 7;
        BOOST_TEST_REQUIRE(eventually([&] { return f.db.stats().read.closed_max_idle >= closed; }));
        BOOST_TEST_REQUIRE(f.count("SELECT 1") == 1);
        BOOST_TEST_REQUIRE(eventually([&] { return f.db.stats().read.in_use == 0u; }));
        BOOST_TEST_REQUIRE(f.db.stats().read.closed_max_idle == closed);
        BOOST_TEST_REQUIRE(f.db.stats().read.open == 1u);
    }
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_after_its_time) {
    fixture f([](options& o) { o.reader_idle_time = std::chrono::milliseconds(20); });
    f.count("SELECT 1");
    BOOST_TEST(eventually([&] { return f.db.stats().read.closed_idle_time == 1u; }));
    BOOST_TEST(f.db.stats().read.open == 0u);
    BOOST_TEST(f.count("SELECT 1") == 1);
}

BOOST_AUTO_TEST_CASE(an_old_connection_is_replaced_and_no_read_is_dropped) {
    fixture f([](options& o) { o.reader_lifetime = std::chrono::milliseconds(1); });
    BOOST_TEST(eventually([&] {
        BOOST_REQUIRE(f.count("SELECT 1") == 1);
        return f.db.stats().read.closed_lifetime >= 3u;
    }));
    // The profile is set again: what a reader may not do, its successor may not either.
    auto refused = read(f.db, [](read_session& session) -> result<void> {
        auto prepared = session.prepare(read_sql::dynamic("PRAGMA query_only=0"));
        return prepared ? prepared->run() : result<void>(prepared.error());
    });
    BOOST_TEST(refused.has_error());
}

BOOST_AUTO_TEST_CASE(an_idle_reader_steals_what_waits_behind_a_busy_one) {
    fixture f([](options& o) { o.readers_max = 2, o.readers_idle = 2; });
    held_read first(f.db);
    held_read second(f.db);
    std::vector<std::future<result<std::optional<std::int64_t>>>> waiting;
    for (int i = 0; i < 8; ++i)
        waiting.push_back(f.db.async_read([](read_session& session) { return session.first_integer("SELECT 7"); },
                                          as_result(boost::asio::use_future)));
    // Only one of both comes free, and serves all eight: its own and the other's.
    second.release();
    for (auto& one : waiting) BOOST_TEST(one.get().value().value() == 7);
    BOOST_TEST(f.db.stats().readers.steals >= 1u);
    first.release();
}

BOOST_AUTO_TEST_CASE(a_read_counts_in_the_pools_utilization_while_it_runs) {
    fixture f([](options& o) { o.readers_max = 2; });
    const auto begun = std::chrono::steady_clock::now();
    held_read held(f.db);
    BOOST_TEST(eventually([&] { return f.db.stats().read.utilization > 0; }));
    // One of two, over ten seconds.
    const auto busy = std::chrono::duration<double>(f.db.stats().read.utilization * 2 * 10);
    BOOST_TEST((busy <= std::chrono::steady_clock::now() - begun));
}

BOOST_AUTO_TEST_CASE(a_running_read_is_interrupted_at_its_deadline) {
    fixture f;
    const auto begun = std::chrono::steady_clock::now();
    auto outcome = read(f.db, count_for_ever, {.deadline = std::chrono::milliseconds(50)});
    BOOST_TEST((outcome.error() == errc::deadline_exceeded));
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(20)));
}

BOOST_AUTO_TEST_CASE(a_running_read_can_be_cancelled) {
    boost::asio::io_context context;
    fixture f;
    boost::asio::cancellation_signal signal;
    std::optional<error> outcome;
    auto keep = boost::asio::bind_executor(context.get_executor(),
                                           [&](result<std::optional<std::int64_t>> r) { outcome = r.error(); });
    f.db.async_read(count_for_ever, {.deadline = std::chrono::seconds(60)},
                    as_result(boost::asio::bind_cancellation_slot(signal.slot(), std::move(keep))));
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    signal.emit(boost::asio::cancellation_type::terminal);
    context.run();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(work_that_hides_its_interrupt_fails_all_the_same) {
    fixture f;
    auto outcome =
        read(f.db, [](read_session& session) -> result<std::int64_t> { return count_for_ever(session) ? 1 : 2; },
             {.deadline = std::chrono::milliseconds(20)});
    BOOST_TEST((outcome.error() == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(full_queues_refuse_at_once) {
    fixture f([](options& o) { o.readers_max = 1, o.readers_idle = 1, o.read_queue_jobs_max = 2; });
    held_read running(f.db);
    auto waiting = f.db.async_read([](read_session& session) { return session.first_integer("SELECT 1"); },
                                   as_result(boost::asio::use_future));
    auto refused = read(f.db, [](read_session& session) { return session.first_integer("SELECT 1"); });
    BOOST_TEST((refused.error() == errc::overloaded));
    running.release();
    BOOST_TEST(waiting.get().has_value());
}

BOOST_AUTO_TEST_CASE(reads_of_one_queue_share_a_snapshot) {
    fixture f([](options& o) { o.readers_max = 1, o.readers_idle = 1, o.read_budget = std::chrono::seconds(1); });
    held_read running(f.db);
    std::vector<std::future<result<std::optional<std::int64_t>>>> waiting;
    for (int i = 0; i < 10; ++i)
        waiting.push_back(f.db.async_read([](read_session& session) { return session.first_integer("SELECT 1"); },
                                          as_result(boost::asio::use_future)));
    const auto before = f.db.stats().readers.batches;
    running.release();
    for (auto& one : waiting) one.get().value();
    BOOST_TEST(f.db.stats().readers.batches == before + 1);
}

BOOST_AUTO_TEST_CASE(reader_exhaustion_is_logged_once_at_its_start_and_once_at_its_end) {
    fixture f([](options& o) {
        o.readers_max = 1, o.readers_idle = 1;
        // Time enough for all of them to wait when the first one has waited for so long.
        o.exhaustion_threshold = std::chrono::seconds(1);
    });
    held_read running(f.db);
    std::vector<std::future<result<std::optional<std::int64_t>>>> waiting;
    for (int i = 0; i < 3; ++i)
        waiting.push_back(f.db.async_read([](read_session& session) { return session.first_integer("SELECT 1"); },
                                          as_result(boost::asio::use_future)));
    BOOST_TEST(eventually([&] { return f.logged("readers exhausted") == 1; }));  // while nobody can take them
    running.release();
    for (auto& one : waiting) one.get().value();
    BOOST_TEST(eventually([&] { return f.logged("3 reads waited, at most 3 at a time, the longest for ") == 1; }));
    BOOST_TEST(f.logged("readers exhausted") == 1u);
    BOOST_TEST(f.logged("3 waiting, the longest for ") == 1u);
    BOOST_TEST(f.logged(" in 1 runs of SELECT count(*) FROM sqlite_schema") == 2u);  // at the start and at the end
    BOOST_TEST(f.db.stats().read.exhaustion_episodes == 1u);
}

BOOST_AUTO_TEST_CASE(an_exception_fails_only_its_own_read) {
    fixture f;
    auto thrown = read(f.db, [](read_session&) -> result<void> { throw std::runtime_error("boom"); });
    BOOST_TEST((thrown.error() == errc::work_threw));
    BOOST_TEST(f.count("SELECT 1") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
