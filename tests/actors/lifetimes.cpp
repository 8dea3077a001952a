// The end of handles, shards and processes, and calls that would wait for themselves.
#include "fixture.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

result<std::optional<std::int64_t>> one(read_session& session) { return session.first_integer("SELECT 1"); }

// Runs a shard's context on a thread of its own, and then `after` on the same thread.
template <class Inside, class After>
void run_then(boost::asio::io_context& context, Inside inside, After after) {
    boost::asio::post(context, inside);
    std::thread([&] {
        context.run();
        after();
    }).join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lifetimes)

BOOST_AUTO_TEST_CASE(a_thread_whose_shard_was_destroyed_elsewhere_reads_as_any_other) {
    boost::asio::io_context context(1);
    fixture f;
    std::optional<shard> attached(shard::attach(f.db, context).value());
    std::promise<void> has_run;
    std::promise<void> is_gone;
    bool read_well = false;
    std::thread runner([&] {
        context.run();
        has_run.set_value();
        is_gone.get_future().wait();
        read_well = f.db.async_read(one, boost::asio::use_future).get() == 1;
    });
    has_run.get_future().wait();
    attached.reset();
    is_gone.set_value();
    runner.join();
    BOOST_TEST(read_well);
}

BOOST_AUTO_TEST_CASE(a_context_that_runs_on_without_its_shard_reads_as_any_other) {
    boost::asio::io_context context(1);
    fixture f;
    std::optional<shard> attached(shard::attach(f.db, context).value());
    std::thread::id ran_on;
    const auto note_thread = [&](read_session&) -> result<void> {
        ran_on = std::this_thread::get_id();
        return {};
    };
    const auto read_here = [&] {
        boost::asio::post(context, [&] { f.db.async_read(note_thread, boost::asio::detached); });
        context.restart();
        context.run();
    };
    read_here();
    BOOST_TEST((ran_on == std::this_thread::get_id()));
    attached.reset();
    read_here();
    f.db.stop().value();
    BOOST_TEST((ran_on != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(a_thread_that_no_longer_runs_its_shards_context_gets_its_replies_all_the_same) {
    boost::asio::io_context context(1);
    fixture f;
    auto attached = shard::attach(f.db, context).value();
    std::optional<committed<std::int64_t>> written;
    run_then(
        context, [] {}, [&] { written = f.db.async_write(add_thing("x"), boost::asio::use_future).get(); });
    BOOST_REQUIRE(written.has_value());
    BOOST_TEST(written->value == 1);
}

// Nobody runs the shard's context any more when the replies come: those that went through it would not.
BOOST_AUTO_TEST_CASE(a_handler_with_another_executor_does_not_come_through_the_shard) {
    boost::asio::io_context context(1);
    boost::asio::thread_pool pool(1);
    fixture f([](options& o) { o.read_budget = 50us; });
    auto attached = shard::attach(f.db, context).value();
    held_writer held(f.db);
    auto let_go = std::make_shared<gate>();
    const auto slow = [let_go, shard_thread = std::this_thread::get_id()](read_session& session) -> result<void> {
        if (std::this_thread::get_id() != shard_thread) let_go->wait();  // handed on
        return session.each<std::int64_t>(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i FROM n",
            [](std::int64_t) {});
    };
    std::array<std::promise<std::thread::id>, 3> ran_on;
    const auto note_thread = [&](int which) {
        return boost::asio::bind_executor(pool.get_executor(), [&, which](error_code, auto&&...) {
            ran_on[which].set_value(std::this_thread::get_id());
        });
    };
    boost::asio::post(context, [&] {
        f.db.async_read(one, note_thread(0));
        f.db.async_read(slow, note_thread(1));
        f.db.async_write(add_thing("x"), note_thread(2));
    });
    context.run();
    let_go->open();
    held.release();
    for (auto& each : ran_on) {
        auto thread = each.get_future();
        BOOST_REQUIRE((thread.wait_for(20s) == std::future_status::ready));
        BOOST_TEST((thread.get() != std::this_thread::get_id()));
    }
    pool.join();
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_costs_no_other_its_reply) {
    boost::asio::io_context context(1);
    fixture f;
    auto attached = shard::attach(f.db, context).value();
    int replies = 0;
    boost::asio::post(context, [&] {
        for (int i = 0; i < 3; ++i)
            f.db.async_read(one, boost::asio::bind_executor(context.get_executor(), [&](error_code, auto) {
                                if (++replies == 1) throw std::runtime_error("a handler's");
                            }));
    });
    BOOST_CHECK_THROW(context.run(), std::runtime_error);
    context.run();
    BOOST_TEST(replies == 3);
}

BOOST_AUTO_TEST_CASE(an_operation_started_after_its_handle_ended_completes) {
    std::optional<fixture> f(std::in_place);
    auto operation = f->db.async_read(one, boost::asio::deferred);
    f.reset();
    std::promise<error_code> outcome;
    std::move(operation)([&](error_code code, auto) { outcome.set_value(code); });
    BOOST_TEST((outcome.get_future().get() == errc::stopping));
}

BOOST_AUTO_TEST_CASE(move_assignment_stops_what_it_replaces) {
    fixture f;
    std::vector<std::future<committed<std::int64_t>>> sent;
    for (int i = 0; i < 100; ++i)
        sent.push_back(f.db.async_write(add_thing("n" + std::to_string(i)), boost::asio::use_future));
    f.db = database::open({.path = ":memory:"}).value();
    for (auto& one : sent) BOOST_CHECK_NO_THROW(one.get());
    f.db = f.open([](options&) {});  // not in use any more
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 100);
}

BOOST_AUTO_TEST_CASE(a_handle_that_is_replaced_or_ends_stops_its_database_though_an_operation_is_kept) {
    fixture f;
    const auto can_be_opened = [&] {
        return database::open({.path = f.directory.file("test.db"), .migrations = schema}).has_value();
    };
    auto kept = f.db.async_read(one, boost::asio::deferred);
    f.db = database::open({.path = ":memory:"}).value();
    BOOST_TEST(can_be_opened());
    f.db = f.open([](options&) {});
    auto kept_too = f.db.async_read(one, boost::asio::deferred);
    { database ended(std::move(f.db)); }
    BOOST_TEST(can_be_opened());
    f.db = database::open({.path = ":memory:"}).value();
}

BOOST_AUTO_TEST_CASE(the_last_handle_may_end_inside_a_work) {
    for (const bool writes : {false, true}) {
        fixture f;
        const auto path = f.directory.file("inside.db");
        auto last = std::make_shared<database>(database::open({.path = path, .migrations = schema}).value());
        std::promise<void> done;
        if (writes) {
            auto work = [last](write_session& session) { return add_thing("x")(session); };
            last->async_write(std::move(work), [&done](error_code, auto) { done.set_value(); });
        } else {
            auto work = [last](read_session& session) { return one(session); };
            last->async_read(std::move(work), [&done](error_code, auto) { done.set_value(); });
        }
        last.reset();
        done.get_future().wait();
        BOOST_TEST(eventually([&] { return database::open({.path = path, .migrations = schema}).has_value(); }));
    }
}

// Its work ends on the thread that found it too late.
BOOST_AUTO_TEST_CASE(the_last_handle_may_end_with_a_work_that_was_never_run) {
    fixture f;
    const auto path = f.directory.file("inside.db");
    auto last = std::make_shared<database>(database::open({.path = path, .migrations = schema}).value());
    auto writer_let_go = std::make_shared<gate>();
    std::promise<void> is_held;
    const auto hold = [writer_let_go, &is_held](write_session&) -> result<void> {
        is_held.set_value();
        writer_let_go->wait();
        return {};
    };
    last->async_write(hold, {.deadline = 60s}, boost::asio::detached);
    is_held.get_future().wait();
    std::promise<error_code> outcome;
    auto never_run = [last](write_session& session) { return add_thing("x")(session); };
    last->async_write(std::move(never_run), {.deadline = 20ms},
                      [&outcome](error_code code, auto) { outcome.set_value(code); });
    last.reset();
    BOOST_TEST((outcome.get_future().get() == errc::deadline_exceeded));
    writer_let_go->open();
    BOOST_TEST(eventually([&] { return database::open({.path = path, .migrations = schema}).has_value(); }));
}

BOOST_AUTO_TEST_CASE(a_call_that_would_wait_for_its_own_thread_is_refused) {
    boost::asio::io_context context(1);
    fixture f;
    auto& db = f.db;
    const auto inside = [&db](auto&) -> result<bool> {
        const bool reads = db.read(one).error() == errc::would_deadlock;
        const bool writes = db.write(add_thing("x")).error() == errc::would_deadlock;
        const bool stops = db.stop().error() == errc::would_deadlock;
        auto later = db.async_stop(as_result(boost::asio::use_future)).get();
        return reads && writes && stops && later.error() == errc::would_deadlock;
    };
    BOOST_TEST(db.read([&](read_session& session) { return inside(session); }).value());
    BOOST_TEST(db.write([&](write_session& session) { return inside(session); }).value().value);

    auto attached = shard::attach(db, context).value();
    std::vector<error_code> codes;
    boost::asio::post(context, [&] {
        try {
            db.async_read(one, boost::asio::use_future).get();
        } catch (const boost::system::system_error& e) {
            codes.push_back(e.code());
        }
        codes.push_back(db.async_write(add_thing("x"), as_result(boost::asio::use_future)).get().error().code());
        codes.push_back(db.read(one).error().code());
    });
    context.run();
    BOOST_REQUIRE(codes.size() == 3u);
    for (const auto& code : codes) BOOST_TEST((code == errc::would_deadlock));
}

BOOST_AUTO_TEST_CASE(a_work_may_send_more_work_and_not_wait_for_it) {
    fixture f;
    auto& db = f.db;
    auto sent = std::make_shared<std::promise<error_code>>();
    auto work = [&db, sent](read_session& session) {
        db.async_write(add_thing("x"), [sent](error_code code, auto) { sent->set_value(code); });
        return one(session);
    };
    BOOST_TEST(db.read(std::move(work)).has_value());
    BOOST_TEST(!sent->get_future().get());
}

BOOST_AUTO_TEST_CASE(every_call_of_a_forked_child_fails_and_touches_nothing) {
    std::optional<fixture> f(std::in_place);
    f->db.write(add_thing("before")).value();
    boost::asio::io_context context(1);
    const pid_t child = fork();
    if (child == 0) {
        const bool refused =
            f->db.read(one).error() == errc::forked && f->db.write(add_thing("x")).error() == errc::forked &&
            f->db.stop().error() == errc::forked && shard::attach(f->db, context).error() == errc::forked;
        { database ended(std::move(f->db)); }
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
    BOOST_TEST(f->db.write(add_thing("after")).has_value());
    BOOST_TEST((database::open({.path = f->directory.file("test.db")}).error() == errc::database_in_use));
    BOOST_TEST(f->count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(the_engines_threads_take_no_signal_and_the_hosts_keep_their_priority) {
    fixture f([](options& o) { o.background_nice = 10; });
    const auto blocks = [](auto&) -> result<bool> {
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        return sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1;
    };
    BOOST_TEST(f.db.read([&](read_session& session) { return blocks(session); }).value());
    BOOST_TEST(f.db.write([&](write_session& session) { return blocks(session); }).value().value);
    std::promise<int> priority;
    f.db.async_read(one, [&](error_code, auto) {
        priority.set_value(getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid))));
    });
    BOOST_TEST(priority.get_future().get() == getpriority(PRIO_PROCESS, 0));
}

BOOST_AUTO_TEST_SUITE_END()
