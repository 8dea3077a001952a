// What runs, how it is ended by its id, what statements have come to, and which jobs are reported as slow.
#include "ended_read.hpp"
#include "fixture.hpp"
#include "held_read.hpp"

#include <carrel/queries.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <regex>
#include <thread>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto endless_sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
constexpr auto endless_text = "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + ? FROM n) SELECT count(*) FROM n";

auto endless(read_session& session) { return session.first_integer(read_sql(endless_sql)); }

named_origin request(std::string_view id) { return named_origin("request_id", id); }

std::string name_of_origin(const running_query& one) { return one.origin.empty() ? "" : one.origin.front().second; }

// The run of a job with this origin, once it can be seen.
running_query found(database& db, const std::string& name) {
    running_query seen;
    BOOST_TEST(eventually([&] {
        for (const auto& each : db.running_queries())
            if (name_of_origin(each) == name && !each.statement.empty()) seen = each;
        return seen.id != 0;
    }));
    return seen;
}

query_stats stats_of(const database& db, std::string_view text) {
    for (const auto& each : db.queries())
        if (each.statement == text) return each;
    return {};
}

struct shard_fixture {
    explicit shard_fixture(const std::function<void(options&)>& change)
        : f(change) {
        own.emplace(shard::attach(f.db, context).value());
    }
    void run(std::function<void()> start) {
        boost::asio::post(context, std::move(start));
        context.restart();
        std::thread([this] { context.run(); }).join();
    }
    template <class Work, class Handler>
    void read_here(Work work, job_options per_job, Handler handler) {
        f.db.async_read(std::move(work), per_job,
                        as_result(boost::asio::bind_executor(context.get_executor(), std::move(handler))));
    }
    boost::asio::io_context context{1};
    fixture f;
    std::optional<shard> own;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(queries)

// -- what runs ---

BOOST_AUTO_TEST_CASE(a_read_is_seen_while_it_runs_with_its_statement_and_origin) {
    fixture f;
    BOOST_TEST(f.db.running_queries().empty());
    const auto origin = request("r-1");
    auto hold = std::make_shared<gate>();
    auto work = [hold](read_session& session) -> result<void> {
        auto rows = session.all<std::int64_t>("SELECT 5 UNION ALL SELECT 6");
        hold->wait();
        if (!rows) return rows.error();
        return {};
    };
    auto done = f.db.async_read(work, {.deadline = 60s, .origin = &origin}, as_result(boost::asio::use_future));
    const auto seen = found(f.db, "r-1");
    BOOST_TEST(seen.statement == "SELECT ? UNION ALL SELECT ?");
    BOOST_TEST((seen.lane == query_lane::background));
    BOOST_TEST(eventually([&] { return f.db.running_queries().at(0).rows == 2u; }));
    BOOST_TEST(!seen.is_cancelled);
    const auto later = f.db.running_queries().at(0);
    BOOST_TEST(later.id == seen.id);
    BOOST_TEST((later.running > seen.running));
    hold->open();
    BOOST_TEST(done.get().has_value());
    BOOST_TEST(f.db.running_queries().empty());
    BOOST_TEST(!f.db.cancel_query(seen.id));
}

BOOST_AUTO_TEST_CASE(a_read_on_a_shard_and_a_mutation_are_seen_too) {
    shard_fixture s([](options& o) { o.read_budget = 1s; });
    const auto on_shard = request("shard"), on_writer = request("writer");
    auto written = s.f.db.async_write(
        [](write_session& session) -> result<void> {
            for (;;)
                if (auto done = session.execute("UPDATE thing SET size = size + 1 WHERE id IN (SELECT 1)"); !done)
                    return done;
        },
        {.deadline = 60s, .origin = &on_writer}, as_result(boost::asio::use_future));
    std::optional<result<std::optional<std::int64_t>>> read;
    running_query on_resident;
    bool is_cancelled = false;
    std::thread looks([&] {
        on_resident = found(s.f.db, "shard");
        is_cancelled = s.f.db.cancel_query(on_resident.id);
    });
    s.run([&] { s.read_here(endless, {.deadline = 60s, .origin = &on_shard}, [&](auto&& got) { read = got; }); });
    looks.join();
    BOOST_TEST((on_resident.lane == query_lane::resident));
    BOOST_TEST(on_resident.statement == endless_text);
    BOOST_TEST(is_cancelled);
    BOOST_TEST((read.value().error() == errc::query_cancelled));
    running_query seen;
    BOOST_TEST(eventually([&] {
        for (const auto& each : s.f.db.running_queries())
            if (each.lane == query_lane::writer) seen = each;
        return seen.id != 0 && !seen.statement.empty();
    }));
    BOOST_TEST(seen.statement == "UPDATE thing SET size = size + ? WHERE id IN (SELECT ?)");
    BOOST_TEST(s.f.db.cancel_query(seen.id));
    BOOST_TEST((written.get().error() == errc::query_cancelled));
}

// -- ending a run ---

BOOST_AUTO_TEST_CASE(ending_a_read_ends_that_one_alone) {
    fixture f([](options& o) { o.deep_reads_max = 2; });
    const auto first = request("first"), second = request("second");
    auto a = f.db.async_read(endless, {.deadline = 60s, .origin = &first}, as_result(boost::asio::use_future));
    auto b = f.db.async_read(endless, {.deadline = 60s, .origin = &second}, as_result(boost::asio::use_future));
    const auto one = found(f.db, "first"), other = found(f.db, "second");
    BOOST_TEST(one.id != other.id);
    BOOST_TEST(f.db.cancel_query(one.id));
    BOOST_TEST((a.get().error() == errc::query_cancelled));
    BOOST_TEST(!f.db.cancel_query(one.id));
    const auto left = f.db.running_queries();
    BOOST_REQUIRE(left.size() == 1u);
    BOOST_TEST(left.front().id == other.id);
    BOOST_TEST(!left.front().is_cancelled);
    BOOST_TEST(f.db.cancel_query(other.id));
    BOOST_TEST((b.get().error() == errc::query_cancelled));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 0);  // the connections go on
}

BOOST_AUTO_TEST_CASE(work_without_statements_is_ended_where_it_looks) {
    fixture f;
    const auto origin = request("busy");
    auto done = f.db.async_read(
        [](read_session& session) -> result<void> {
            if (auto seen = session.first_integer("SELECT 1"); !seen) return seen.error();
            for (;;)
                if (auto on = session.check_interrupt(); !on) return on;
        },
        {.deadline = 60s, .origin = &origin}, as_result(boost::asio::use_future));
    BOOST_TEST(f.db.cancel_query(found(f.db, "busy").id));
    BOOST_TEST((done.get().error() == errc::query_cancelled));
}

BOOST_AUTO_TEST_CASE(ending_a_mutation_undoes_it_and_not_its_neighbours) {
    fixture f;
    auto began = std::make_shared<std::promise<void>>();
    auto hold = std::make_shared<gate>();
    auto first = std::make_shared<gate>();
    auto before = send(f.db, [first](write_session& session) -> result<void> {
        first->wait();  // until the others have joined its batch
        return session.execute("INSERT INTO thing(name) VALUES('before')");
    });
    auto doomed = send(f.db, [began, hold](write_session& session) -> result<void> {
        if (auto done = session.execute("INSERT INTO thing(name) VALUES('doomed')"); !done) return done;
        began->set_value();
        hold->wait();
        return session.execute("INSERT INTO thing(name) VALUES('never')");
    });
    auto after = send(f.db, add_thing("after"));
    first->open();
    began->get_future().wait();
    const auto running = f.db.running_queries();
    BOOST_REQUIRE(running.size() == 1u);
    BOOST_TEST((running.front().lane == query_lane::writer));
    BOOST_TEST(f.db.cancel_query(running.front().id));
    BOOST_TEST(f.db.running_queries().front().is_cancelled);
    hold->open();
    BOOST_TEST((doomed.get().error() == errc::query_cancelled));
    BOOST_TEST(before.get().has_value());
    BOOST_TEST(after.get().has_value());
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name IN ('before', 'after')") == 2);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_run_ends_nothing) {
    fixture f;
    held_read running(f.db);
    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
        BOOST_TEST(!f.db.cancel_query(id));
    BOOST_TEST(!f.db.running_queries().at(0).is_cancelled);
}

// -- what statements come to ---

BOOST_AUTO_TEST_CASE(statements_that_differ_in_values_are_counted_as_one) {
    fixture f;
    for (const std::string number : {"1", "2", "3"}) {
        const auto sql = "SELECT value FROM json_each('[1,2]') WHERE value <> " + number + "0";
        const auto rows = f.db.read([&](read_session& session) -> result<std::size_t> {
            auto all = session.all<std::int64_t>(read_sql::dynamic(sql));
            if (!all) return all.error();
            return all->size();
        });
        BOOST_TEST(rows.value() == 2u);
    }
    const auto seen = stats_of(f.db, "SELECT value FROM json_each(?) WHERE value <> ?");
    BOOST_TEST(seen.calls == 3u);
    BOOST_TEST(seen.rows == 6u);
    BOOST_TEST(seen.failures == 0u);
    BOOST_TEST((seen.longest > 0ns));
    BOOST_TEST((seen.total >= seen.longest));
    BOOST_TEST((seen.waited > 0ns));
    BOOST_TEST((std::chrono::system_clock::now() - seen.last_seen < 60s));
}

BOOST_AUTO_TEST_CASE(failures_mutations_and_commits_are_counted) {
    fixture f;
    BOOST_TEST(f.db.write(add_thing("a")).has_value());
    BOOST_TEST(f.db.write(add_thing("a")).has_error());
    const auto insert = stats_of(f.db, "INSERT INTO thing(name, size) VALUES(?, ...)");
    BOOST_TEST(insert.calls == 2u);
    BOOST_TEST(insert.failures == 1u);
    BOOST_TEST(stats_of(f.db, "COMMIT").calls == 1u);
    BOOST_TEST((end_after(f.db, 20ms, endless) == errc::query_cancelled));
    const auto cut = stats_of(f.db, endless_text);
    BOOST_TEST(cut.failures == 1u);
    BOOST_TEST((cut.longest > 10ms));
}

BOOST_AUTO_TEST_CASE(short_reads_on_a_shard_are_counted_by_a_sample_without_bias) {
    shard_fixture s([](options& o) { o.read_budget = 1s; });
    constexpr std::uint64_t reads = 12'800;
    // In turn, so that a sample in step with them would see one of the two alone.
    s.run([&] {
        for (std::uint64_t i = 0; i < reads; ++i)
            s.read_here(
                [i](read_session& session) {
                    return session.first_integer(i % 2 == 0 ? read_sql("SELECT count(*) FROM thing")
                                                            : read_sql("SELECT count(*) FROM parent"));
                },
                {}, [](auto&&) {});
    });
    for (const auto text : {"SELECT count(*) FROM thing", "SELECT count(*) FROM parent"}) {
        const auto seen = stats_of(s.f.db, text);
        BOOST_TEST(seen.calls % 64 == 0u);
        BOOST_TEST(seen.calls > reads / 4);
        BOOST_TEST(seen.calls < reads);
        BOOST_TEST(seen.rows == seen.calls);
    }
}

BOOST_AUTO_TEST_CASE(a_plan_is_made_for_a_statement_that_was_seen) {
    fixture f;
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'planted-secret'") == 0);
    BOOST_TEST(f.db.write(add_thing("a")).has_value());
    const auto plan_of = [&](std::uint64_t key) {
        return f.db.read([key](read_session& session) { return explain_query(session, key); }).value();
    };
    const auto plan = plan_of(stats_of(f.db, "SELECT count(*) FROM thing WHERE name = ?").key);
    BOOST_TEST(plan.find("SEARCH thing USING") != plan.npos);
    BOOST_TEST(plan.find("planted-secret") == plan.npos);
    BOOST_TEST(plan_of(stats_of(f.db, "INSERT INTO thing(name, size) VALUES(?, ...)").key).empty());
    BOOST_TEST(plan_of(stats_of(f.db, "COMMIT").key).empty());
    BOOST_TEST(plan_of(12345).empty());
    const auto plan_by_text = [&](std::string_view text) {
        return f.db.read([text](read_session& session) { return explain_query(session, text); }).value();
    };
    BOOST_TEST(plan_by_text("SELECT count(*) FROM thing WHERE name = ?") == plan);
    BOOST_TEST(plan_by_text("SELECT ? FROM nowhere").empty());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
}

// -- slow jobs ---

BOOST_AUTO_TEST_CASE(a_slow_job_is_reported_with_all_that_is_known_but_no_value) {
    std::mutex mutex;
    std::vector<slow_query> reported;
    fixture f([&](options& o) {
        o.slow_statement_time = 20ms;
        o.on_slow = [&](const slow_query& one) {
            const std::lock_guard lock(mutex);
            reported.push_back(one);
        };
    });
    const auto origin = request("slow-1");
    const auto counts_long = [](read_session& session) {
        return session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT count(*) FROM n WHERE i <> length(?) OR i > 'planted-literal'",
            std::int64_t{1} << 40, "planted-secret");
    };
    BOOST_TEST((end_after(f.db, 40ms, counts_long, {.origin = &origin}) == errc::query_cancelled));
    const std::lock_guard lock(mutex);
    BOOST_REQUIRE(reported.size() == 1u);
    const auto& slow = reported.front();
    BOOST_TEST(slow.statement.starts_with("WITH RECURSIVE n(i) AS (SELECT ? UNION ALL"));
    BOOST_TEST(slow.plan.find("SCAN n") != slow.plan.npos);
    BOOST_TEST((slow.lane == query_lane::background));
    BOOST_TEST((slow.running >= 20ms));
    BOOST_TEST((slow.waited > 0ns));
    BOOST_TEST((slow.ended == make_error_code(errc::query_cancelled)));
    BOOST_TEST(slow.origin.at(0).second == "slow-1");
    const auto line = describe(slow);
    BOOST_TEST(line.find("planted") == line.npos);
    BOOST_TEST(line.find("\n") == line.npos);
    BOOST_TEST(std::regex_search(line, std::regex(R"(lane background, run [0-9]+\.[0-9]+ s, waited [0-9])")), line);
    BOOST_TEST(line.find("request_id slow-1") != line.npos);
}

BOOST_AUTO_TEST_CASE(a_slow_mutation_is_reported_and_repeats_are_left_out) {
    fixture f([](options& o) { o.slow_statement_time = 1ms; });
    constexpr int writes = 8;
    BOOST_TEST(f.db.write(add_thing("a")).has_value());
    for (int i = 0; i < writes; ++i)
        BOOST_TEST(f.db.write([](write_session& session) {
                           return session.execute(
                               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
                               "UPDATE thing SET size = (SELECT count(*) FROM n)");
                       })
                       .has_value());
    BOOST_TEST(f.db.write([](write_session& session) {
                       return session.execute(
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
                           "INSERT INTO thing(size) SELECT count(*) FROM n");
                   })
                   .has_value());
    BOOST_TEST(f.logged("INSERT INTO thing(size) SELECT count(*) FROM n; lane writer") == 1u);
    BOOST_TEST(f.logged("UPDATE thing SET size = (SELECT count(*) FROM n); lane writer") == 5u);
}

// Whether or not they are reported, and to whom.
BOOST_AUTO_TEST_CASE(each_slow_job_is_counted_when_it_has_ended) {
    for (const bool has_log : {true, false}) {
        fixture f([&](options& o) {
            o.slow_statement_time = 1ms;
            if (!has_log) o.log = {};
        });
        const auto before = f.db.stats().slow_jobs;
        constexpr std::uint64_t reads = 8;
        for (std::uint64_t i = 1; i <= reads; ++i) {
            const auto read = f.db.read([](read_session& session) {
                return session.first_integer(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    "300000) SELECT count(*) FROM n");
            });
            BOOST_TEST(read.has_value());
            BOOST_TEST(f.db.stats().slow_jobs == before + i);
        }
        BOOST_TEST(f.logged("SELECT count(*) FROM n; lane background") == (has_log ? 5u : 0u));
    }
    fixture f;  // nothing is slow
    BOOST_TEST(f.db.read([](read_session& session) { return session.first_integer("SELECT 1"); }).has_value());
    BOOST_TEST(f.db.stats().slow_jobs == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
