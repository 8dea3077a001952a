// What a host's `job_timing` gets: each wait, run and commit, where, and in which order.
#include "fixture.hpp"
#include "held_read.hpp"

#include <carrel/job_timing.hpp>
#include <carrel/shard.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <list>
#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr auto deep_sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT count(*) FROM n";

result<std::optional<std::int64_t>> one(read_session& session) { return session.first_integer("SELECT 1"); }
result<std::optional<std::int64_t>> deep(read_session& session) { return session.first_integer(read_sql(deep_sql)); }

auto failing() {
    return [](write_session& session) { return session.execute("INSERT INTO thing(name, size) VALUES('y', -1)"); };
}

const job_timing::run& only_run(const job_timing& of) {
    BOOST_TEST_REQUIRE(of.run_count == 1u);
    return of.runs[0];
}

// Each step begins no earlier than the one before has ended.
void check_order(const job_timing& of) {
    constexpr job_timing::time_point never{};
    BOOST_TEST((of.accepted > never));
    auto last = of.accepted;
    for (std::size_t i = 0; i < of.runs_kept(); ++i) {
        BOOST_TEST((of.runs[i].begun >= last));
        BOOST_TEST((of.runs[i].ended >= of.runs[i].begun));
        last = of.runs[i].ended;
    }
    if (of.commit_begun == never) {
        BOOST_TEST((of.commit_ended == never));
        BOOST_TEST(of.commit_jobs == 0u);
        BOOST_TEST(of.commit_sequence == 0u);
        return;
    }
    BOOST_TEST((of.commit_begun >= last));
    BOOST_TEST((of.commit_ended >= of.commit_begun));
}

struct sent_write {
    job_timing times;
    std::future<result<committed<std::int64_t>>> done;
};

// Mutations that share a transaction; each keeps its place.
class group {
public:
    explicit group(database& db)
        : db_(db),
          held_(db) {}
    const sent_write& add(std::string name, std::int64_t size = 1) {
        auto& made = sent_.emplace_back();
        made.done = send(db_, add_thing(std::move(name), size), {.timing = &made.times});
        return made;
    }
    template <class Work>
    std::future<result<committed<void>>> add_other(Work work, job_timing& times) {
        return send(db_, std::move(work), {.timing = &times});
    }
    void run() {
        held_.release();
        for (auto& each : sent_) (void)each.done.get();
    }

private:
    database& db_;
    std::list<sent_write> sent_;
    held_writer held_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(job_times)

// -- reads ---

BOOST_AUTO_TEST_CASE(a_background_read_waits_and_runs_once) {
    fixture f;
    job_timing times;
    const auto before = std::chrono::steady_clock::now();
    BOOST_TEST(read(f.db, one, {.timing = &times}).has_value());
    BOOST_TEST((times.accepted >= before));
    check_order(times);
    BOOST_TEST((only_run(times).lane == query_lane::background));
    BOOST_TEST(!only_run(times).has_failed);
    BOOST_TEST(!only_run(times).is_given_up);
    BOOST_TEST(!times.is_stolen);
    BOOST_TEST((only_run(times).ended <= std::chrono::steady_clock::now()));
}

BOOST_AUTO_TEST_CASE(a_wait_is_as_long_as_what_it_waits_for) {
    fixture f([](options& o) { o.readers_max = 1; });
    held_read held(f.db);
    job_timing times;
    auto waiting = f.db.async_read(one, {.timing = &times}, as_result(boost::asio::use_future));
    const auto let_go = std::chrono::steady_clock::now();
    held.release();
    BOOST_TEST(waiting.get().has_value());
    BOOST_TEST((times.accepted <= let_go));
    BOOST_TEST((only_run(times).begun >= let_go));
}

BOOST_AUTO_TEST_CASE(a_read_that_outgrows_its_budget_runs_on_a_shard_and_again_in_the_background) {
    fixture f([](options& o) { o.read_budget = std::chrono::milliseconds(1); });  // far more than the short one takes
    boost::asio::io_context context{1};
    auto own = shard::attach(f.db, context).value();
    job_timing short_one, long_one;
    int done = 0;
    boost::asio::post(context, [&] {
        const auto count = [&](const result<std::optional<std::int64_t>>& r) { done += r.has_value(); };
        const auto handler = [&] { return as_result(boost::asio::bind_executor(context.get_executor(), count)); };
        f.db.async_read(one, {.timing = &short_one}, handler());
        f.db.async_read(deep, {.timing = &long_one}, handler());
    });
    std::thread([&] { context.run(); }).join();
    BOOST_TEST_REQUIRE(done == 2);
    check_order(short_one);
    BOOST_TEST((short_one.runs[0].lane == query_lane::resident));
    check_order(long_one);
    BOOST_TEST_REQUIRE(long_one.run_count == 2u);
    BOOST_TEST((long_one.runs[0].lane == query_lane::resident));
    BOOST_TEST(long_one.runs[0].is_given_up);
    BOOST_TEST((long_one.runs[1].lane == query_lane::background));
    BOOST_TEST(!long_one.runs[1].is_given_up);
    BOOST_TEST(!long_one.runs[1].has_failed);
}

BOOST_AUTO_TEST_CASE(a_stolen_read_says_so) {
    fixture f([](options& o) { o.readers_max = 2, o.readers_idle = 2; });
    held_read first(f.db);
    held_read second(f.db);
    std::array<job_timing, 8> times;
    std::vector<std::future<result<std::optional<std::int64_t>>>> waiting;
    for (auto& each : times)
        waiting.push_back(f.db.async_read(one, {.timing = &each}, as_result(boost::asio::use_future)));
    // Only one of both comes free, and serves all eight: its own and the other's.
    second.release();
    std::uint64_t stolen = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        BOOST_TEST(waiting[i].get().has_value());
        check_order(times[i]);
        stolen += times[i].is_stolen ? 1 : 0;
    }
    BOOST_TEST(stolen >= 1u);
    BOOST_TEST(stolen == f.db.stats().readers.steals);
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_or_never_runs) {
    fixture f([](options& o) { o.readers_max = 1; });
    job_timing failed, lapsed;
    auto work = [](read_session&) -> result<int> { return error(errc::cancelled); };
    BOOST_TEST(read(f.db, work, {.timing = &failed}).has_error());
    BOOST_TEST(only_run(failed).has_failed);
    check_order(failed);
    held_read held(f.db);
    const auto outcome = read(f.db, one, {.deadline = std::chrono::milliseconds(0), .timing = &lapsed});
    BOOST_TEST((outcome.error() == errc::deadline_exceeded));
    BOOST_TEST(lapsed.run_count == 0u);
    check_order(lapsed);
}

// -- mutations ---

BOOST_AUTO_TEST_CASE(a_group_shares_the_times_of_its_commit) {
    fixture f;
    group together(f.db);
    const auto& a = together.add("a");
    const auto& b = together.add("b");
    const auto& c = together.add("c");
    together.run();
    const auto sequence = f.db.stats().writer.commit_sequence;
    // With the one that held the writer, unless it took so long that it was committed before.
    BOOST_TEST((a.times.commit_jobs == 3u || a.times.commit_jobs == 4u));
    for (const auto* each : {&a, &b, &c}) {
        check_order(each->times);
        BOOST_TEST((only_run(each->times).lane == query_lane::writer));
        BOOST_TEST(each->times.commit_jobs == a.times.commit_jobs);
        BOOST_TEST(each->times.commit_sequence == sequence);
        BOOST_TEST((each->times.commit_begun == a.times.commit_begun));
        BOOST_TEST((each->times.commit_ended == a.times.commit_ended));
        BOOST_TEST((each->times.commit_ended > each->times.commit_begun));
    }
    BOOST_TEST((a.times.runs[0].ended <= b.times.runs[0].begun));
}

BOOST_AUTO_TEST_CASE(what_fails_alone_waits_for_no_commit) {
    fixture f;
    job_timing times;
    BOOST_TEST(write(f.db, failing(), {.timing = &times}).has_error());
    BOOST_TEST(only_run(times).has_failed);
    check_order(times);
    BOOST_TEST((times.commit_begun == job_timing::time_point()));
}

BOOST_AUTO_TEST_CASE(what_fails_beside_others_waits_for_their_commit_and_is_not_in_it) {
    fixture f;
    group together(f.db);
    const auto& good = together.add("good");
    const auto& bad = together.add("bad", -1);
    together.run();
    check_order(bad.times);
    BOOST_TEST(only_run(bad.times).has_failed);
    BOOST_TEST(bad.times.commit_sequence == 0u);
    BOOST_TEST((bad.times.commit_ended == good.times.commit_ended));
    BOOST_TEST(!only_run(good.times).has_failed);
    BOOST_TEST(good.times.commit_sequence > 0u);
    BOOST_TEST((good.times.commit_jobs == 1u || good.times.commit_jobs == 2u));  // with the one that held the writer
}

BOOST_AUTO_TEST_CASE(a_job_that_only_looked_has_no_commit_of_its_own) {
    fixture f;
    job_timing times;
    auto look = [](write_session&) -> result<void> { return {}; };
    BOOST_TEST(write(f.db, look, {.timing = &times}).has_value());
    check_order(times);
    BOOST_TEST((times.commit_begun == job_timing::time_point()));
}

BOOST_AUTO_TEST_CASE(neighbours_of_a_rollback_have_a_run_that_was_given_up) {
    fixture f;
    group together(f.db);
    const auto& good = together.add("good");
    job_timing culprit;
    auto trips = [](write_session& session) { return session.execute("INSERT INTO tripwire VALUES(1)"); };
    auto failed = together.add_other(trips, culprit);
    const auto& later = together.add("later");
    together.run();
    BOOST_TEST(failed.get().has_error());
    check_order(culprit);
    BOOST_TEST(only_run(culprit).has_failed);
    BOOST_TEST(culprit.commit_sequence == 0u);
    check_order(good.times);
    BOOST_TEST_REQUIRE(good.times.run_count == 2u);
    BOOST_TEST(good.times.runs[0].is_given_up);
    BOOST_TEST(!good.times.runs[1].is_given_up);
    BOOST_TEST(good.times.commit_sequence > 0u);
    check_order(later.times);
    BOOST_TEST(!only_run(later.times).is_given_up);
}

BOOST_AUTO_TEST_CASE(a_job_that_runs_often_keeps_its_first_runs_and_its_last) {
    fixture f;
    group together(f.db);
    const auto& good = together.add("good");
    std::list<job_timing> culprits;
    std::vector<std::future<result<committed<void>>>> failed;
    auto trips = [](write_session& session) { return session.execute("INSERT INTO tripwire VALUES(1)"); };
    for (int i = 0; i < 6; ++i) failed.push_back(together.add_other(trips, culprits.emplace_back()));
    together.run();
    for (auto& each : failed) BOOST_TEST(each.get().has_error());
    BOOST_TEST(good.times.run_count > 1u);
    BOOST_TEST(good.times.runs_kept() <= job_timing::runs_max);
    check_order(good.times);
    BOOST_TEST(good.times.runs[0].is_given_up);
    BOOST_TEST(!good.times.runs[good.times.runs_kept() - 1].is_given_up);
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_is_timed_and_has_no_sequence) {
    fixture f;
    write(f.db, add_thing("warm")).value();
    job_timing times;
    fault_vfs::fail_wal_write = true;
    BOOST_TEST(write(f.db, add_thing("lost"), {.timing = &times}).has_error());
    fault_vfs::heal();
    check_order(times);
    BOOST_TEST(!only_run(times).has_failed);
    BOOST_TEST((times.commit_begun > job_timing::time_point()));
    BOOST_TEST(times.commit_jobs == 1u);
    BOOST_TEST(times.commit_sequence == 0u);
}

BOOST_AUTO_TEST_CASE(a_mutation_that_finds_no_room_is_accepted_and_never_runs) {
    fixture f([](options& o) { o.write_queue_jobs_max = 1; });
    held_writer held(f.db);
    job_timing times;
    BOOST_TEST((write(f.db, add_thing("a"), {.timing = &times}).error() == errc::overloaded));
    BOOST_TEST(times.run_count == 0u);
    check_order(times);
}

BOOST_AUTO_TEST_CASE(a_timing_that_is_used_again_begins_anew) {
    fixture f;
    job_timing times;
    BOOST_TEST(write(f.db, add_thing("a"), {.timing = &times}).has_value());
    BOOST_TEST(times.commit_sequence > 0u);
    BOOST_TEST(read(f.db, one, {.timing = &times}).has_value());
    BOOST_TEST((only_run(times).lane == query_lane::background));
    check_order(times);
    BOOST_TEST(times.commit_sequence == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
