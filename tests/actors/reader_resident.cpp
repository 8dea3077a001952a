// Residents on shards: turns, budget, what is handed on, how replies come back.
#include "fixture.hpp"
#include "sqlite/watch.hpp"

#include <carrel/cost.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

// Some hundred thousand steps: far above any budget, far below any deadline.
constexpr auto deep_sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n";

struct with_context {
    boost::asio::io_context context{1};
};

// The context comes first: it must outlive the database.
struct shard_fixture : with_context, fixture {
    explicit shard_fixture(const std::function<void(options&)>& change = [](options&) {})
        : fixture(change) {
        own.emplace(shard::attach(db, context).value());
    }
    // Runs what `start` begins on the shard's thread until nothing is left to do.
    void run(std::function<void()> start) {
        boost::asio::post(context, std::move(start));
        context.restart();
        thread = std::thread([this] { context.run(); });
        thread.join();
    }
    template <class Work, class Handler>
    void read_here(Work work, Handler handler) {
        db.async_read(std::move(work),
                      as_result(boost::asio::bind_executor(context.get_executor(), std::move(handler))));
    }

    std::optional<shard> own;
    std::thread thread;
};

auto one(read_session& session) { return session.first_integer("SELECT 1"); }
auto deep(read_session& session) { return session.first_integer(read_sql(deep_sql)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(reader_resident)

BOOST_AUTO_TEST_CASE(reads_of_one_turn_share_a_snapshot_on_the_shards_own_thread) {
    shard_fixture f([](options& o) { o.read_budget = std::chrono::seconds(1); });
    std::set<std::thread::id> threads;
    int done = 0;
    f.run([&] {
        for (int i = 0; i < 32; ++i)
            f.read_here(
                [&](read_session& session) {
                    threads.insert(std::this_thread::get_id());
                    return one(session);
                },
                [&](result<std::optional<std::int64_t>> r) {
                    threads.insert(std::this_thread::get_id());
                    done += r.has_value();
                });
    });
    BOOST_TEST(done == 32);
    BOOST_TEST(threads.size() == 1u);
    BOOST_TEST(f.db.stats().readers.batches == 1u);
}

BOOST_AUTO_TEST_CASE(a_handler_never_runs_inside_the_call_that_started_it) {
    shard_fixture f;
    bool returned = false;
    bool inline_completion = false;
    f.run([&] {
        f.read_here(one, [&](auto&&) { inline_completion = !returned; });
        returned = true;
    });
    BOOST_TEST(returned);
    BOOST_TEST(!inline_completion);
}

BOOST_AUTO_TEST_CASE(a_read_over_budget_is_run_again_in_the_background_and_remembered) {
    shard_fixture f;
    std::vector<std::string> output;
    auto outer = [&](read_session& session) -> result<std::string> {
        std::string text = "partial";
        auto counted = deep(session);
        if (!counted) return counted.error();
        return text + std::to_string(**counted);
    };
    auto keep = [&](result<std::string> r) { output.push_back(r.value()); };
    std::vector<std::pair<std::uint64_t, std::uint64_t>> counted;
    const auto look = [&] {
        counted.emplace_back(f.db.stats().readers.budget_overruns, f.db.stats().readers.known_deep);
    };
    f.run([&] {
        f.read_here(outer, [&](result<std::string> r) {
            keep(std::move(r));
            look();
            f.read_here(outer, [&](result<std::string> again) {
                keep(std::move(again));
                look();
            });
        });
    });
    BOOST_REQUIRE(counted.size() == 2u);
    BOOST_TEST((counted[0] == std::pair<std::uint64_t, std::uint64_t>(1, 0)));
    BOOST_TEST((counted[1] == std::pair<std::uint64_t, std::uint64_t>(1, 1)));
    BOOST_REQUIRE(output.size() == 2u);
    for (const auto& text : output) BOOST_TEST(text == "partial300000");
}

BOOST_AUTO_TEST_CASE(point_reads_go_on_beside_a_deep_one) {
    shard_fixture f;
    std::vector<std::string> order;
    std::atomic<int> points{0};
    // Once it has moved on it lasts until the others have been answered, or they are behind it.
    const auto outlasts = [&](read_session& session) -> result<bool> {
        if (auto counted = deep(session); !counted) return counted.error();
        return eventually([&] { return points == 3; });
    };
    f.run([&] {
        f.db.async_read(outlasts, {.deadline = std::chrono::seconds(60)},
                        as_result(boost::asio::bind_executor(f.context.get_executor(), [&](const result<bool>& r) {
                            order.push_back(r && *r ? "deep" : "failed");
                        })));
        for (int i = 0; i < 3; ++i)
            f.read_here(one, [&](auto&&) {
                order.push_back("point");
                ++points;
            });
    });
    BOOST_REQUIRE(order.size() == 4u);
    BOOST_TEST(order.back() == "deep");
}

BOOST_AUTO_TEST_CASE(what_waits_behind_a_slow_turn_goes_to_the_background) {
    shard_fixture f([](options& o) { o.read_budget = std::chrono::microseconds(50); });
    int done = 0;
    f.run([&] {
        // Time outside SQLite cannot be interrupted; the reads behind it need not wait for it.
        f.read_here(
            [](read_session&) -> result<void> {
                const auto end = sqlite::thread_time() + std::chrono::milliseconds(2);
                while (sqlite::thread_time() < end) {
                }
                return {};
            },
            [&](auto&&) { ++done; });
        for (int i = 0; i < 4; ++i) f.read_here(one, [&](auto&&) { ++done; });
    });
    BOOST_TEST(done == 5);
    BOOST_TEST(f.db.stats().readers.batches >= 2u);
}

BOOST_AUTO_TEST_CASE(a_mutation_comes_home_to_its_shard) {
    shard_fixture f;
    std::thread::id handler_thread;
    std::thread::id shard_thread;
    std::optional<std::int64_t> seen;
    f.run([&] {
        shard_thread = std::this_thread::get_id();
        f.db.async_write(
            add_thing("x"), as_result(boost::asio::bind_executor(f.context.get_executor(), [&](auto&& r) {
                handler_thread = std::this_thread::get_id();
                BOOST_REQUIRE(r.has_value());
                f.read_here([](read_session& session) { return session.first_integer("SELECT count(*) FROM thing"); },
                            [&](auto&& counted) { seen = counted.value(); });
            })));
    });
    BOOST_TEST((handler_thread == shard_thread));
    BOOST_TEST(seen.value_or(0) == 1);
}

BOOST_AUTO_TEST_CASE(an_expired_read_is_dropped_unrun) {
    shard_fixture f;
    bool ran = false;
    std::optional<error> outcome;
    f.run([&] {
        f.db.async_read(
            [&](read_session&) -> result<void> {
                ran = true;
                return {};
            },
            {.deadline = std::chrono::milliseconds(0)},
            as_result(
                boost::asio::bind_executor(f.context.get_executor(), [&](result<void> r) { outcome = r.error(); })));
    });
    BOOST_TEST(!ran);
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(work_that_is_long_by_its_nature_is_begun_by_no_resident) {
    shard_fixture f;
    std::set<std::thread::id> threads;
    std::thread::id of_shard;
    int done = 0;
    std::mutex guard;
    f.run([&] {
        of_shard = std::this_thread::get_id();
        for (int i = 0; i < 3; ++i)
            f.read_here(
                [&](read_session& session) -> result<std::int64_t> {
                    if (auto allowed = expect_long(session, 7); !allowed) return allowed.error();
                    const std::lock_guard lock(guard);
                    threads.insert(std::this_thread::get_id());
                    return std::int64_t{1};
                },
                [&](result<std::int64_t> r) { done += r.has_value(); });
    });
    BOOST_TEST(done == 3);
    BOOST_TEST(!threads.empty());
    BOOST_TEST(!threads.contains(of_shard));
    const auto readers = f.db.stats().readers;
    BOOST_TEST(readers.budget_overruns + readers.known_deep == 3u);
}

BOOST_AUTO_TEST_CASE(residents_take_their_share_of_the_pool_and_leave_one_reader) {
    boost::asio::io_context first(1);
    boost::asio::io_context second(1);
    fixture f([](options& o) { o.readers_max = 2; });
    auto own = shard::attach(f.db, first);
    BOOST_TEST(own.has_value());
    BOOST_TEST((shard::attach(f.db, second).error() == errc::invalid_option));
    BOOST_TEST(f.db.stats().read.open == 1u);
}

BOOST_AUTO_TEST_CASE(results_still_away_when_the_shard_ends_are_not_lost) {
    boost::asio::io_context context(1);
    fixture f;
    std::optional<shard> own(shard::attach(f.db, context).value());
    held_writer held(f.db);
    std::optional<result<committed<std::int64_t>>> outcome;
    boost::asio::post(context, [&] {
        f.db.async_write(add_thing("x"), as_result(boost::asio::bind_executor(context.get_executor(), [&](auto&& r) {
                             outcome.emplace(std::move(r));
                         })));
        context.stop();
    });
    std::thread([&] { context.run(); }).join();
    own.reset();
    held.release();
    context.restart();
    std::thread([&] { context.run(); }).join();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST(outcome->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
