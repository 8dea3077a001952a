// How a database stops: what it refuses, what it cancels, who may end with it.
#include "fixture.hpp"
#include "held_read.hpp"
#include "support/harness.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

result<std::optional<std::int64_t>> one(read_session& session) { return session.first_integer("SELECT 1"); }
constexpr auto endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

result<std::optional<std::int64_t>> count_for_ever(read_session& session) {
    return session.first_integer(read_sql::dynamic(endless));
}

/// Has run what it is given on the pool's thread before it returns from taking it, which it does late.
struct slow_executor {
    boost::asio::thread_pool* pool;
    const std::function<void()>* before_return;

    template <class Function>
    void execute(Function&& f) const {
        auto run = std::make_shared<std::decay_t<Function>>(std::forward<Function>(f));
        std::promise<void> has_run;
        boost::asio::post(*pool, [&has_run, run = std::move(run)]() mutable {
            (*run)();
            run.reset();
            has_run.set_value();
        });
        has_run.get_future().wait();
        (*before_return)();
    }
    slow_executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return *this; }
    friend bool operator==(const slow_executor& a, const slow_executor& b) noexcept { return a.pool == b.pool; }
    friend bool operator!=(const slow_executor& a, const slow_executor& b) noexcept { return !(a == b); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stopping)

BOOST_AUTO_TEST_CASE(stop_refuses_reads_and_writes_before_it_waits) {
    fixture f;
    held_read held(f.db);
    auto stopping = f.db.async_stop(boost::asio::use_future);
    BOOST_TEST(eventually([&] { return f.db.read(one).has_error(); }));
    BOOST_TEST((f.db.read(one).error() == errc::stopping));
    BOOST_TEST((f.db.write(add_thing("late")).error() == errc::stopping));
    held.release();
    BOOST_CHECK_NO_THROW(stopping.get());
}

BOOST_AUTO_TEST_CASE(a_stop_may_cancel_the_reads_that_run_and_wait) {
    fixture f([](options& o) { o.readers_max = 1; });
    auto running = f.db.async_read(count_for_ever, {.deadline = 60s}, as_result(boost::asio::use_future));
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    auto waiting = f.db.async_read(count_for_ever, {.deadline = 60s}, as_result(boost::asio::use_future));
    auto written = send(f.db, add_thing("x"));
    BOOST_TEST(f.db.stop(stop_mode::cancel_reads).has_value());
    BOOST_TEST((running.get().error() == errc::cancelled));
    BOOST_TEST((waiting.get().error() == errc::cancelled));
    BOOST_TEST(written.get().has_value());
}

BOOST_AUTO_TEST_CASE(a_stop_cancels_a_read_that_was_taken_and_is_about_to_run) {
    auto reader_let_go = std::make_shared<gate>();
    auto is_opening = std::make_shared<std::promise<void>>();
    auto opened = std::make_shared<std::atomic<int>>(0);
    fixture f([&](options& o) {
        o.readers_max = 1;
        // The first reader's connection is made by `open` as a trial, the second one for the read.
        o.on_connect = [=](sqlite3*, connection_role role) -> result<void> {
            if (role != connection_role::reader || ++*opened != 2) return {};
            is_opening->set_value();
            reader_let_go->wait();
            return {};
        };
    });
    auto taken = f.db.async_read(count_for_ever, {.deadline = 60s}, as_result(boost::asio::use_future));
    is_opening->get_future().wait();
    std::promise<void> has_cancelled;
    f.db.async_read(one, {.deadline = 60s}, [&](error_code, auto) { has_cancelled.set_value(); });
    auto stopping = f.db.async_stop(stop_mode::cancel_reads, boost::asio::use_future);
    has_cancelled.get_future().wait();
    reader_let_go->open();
    BOOST_REQUIRE((taken.wait_for(20s) == std::future_status::ready));
    BOOST_TEST((taken.get().error() == errc::cancelled));
    BOOST_CHECK_NO_THROW(stopping.get());
}

BOOST_AUTO_TEST_CASE(an_executor_may_end_once_the_handle_has_though_its_handler_stopped_the_database) {
    boost::asio::thread_pool pool(1);
    std::atomic<bool> has_run{false}, is_gone{false}, has_left{false};
    std::optional<fixture> f(std::in_place);
    const std::function<void()> linger = [&] {
        (void)eventually([&] { return is_gone.load(); }, 100ms);  // whoever does not wait for this is gone by then
        has_left = true;
    };
    const slow_executor slow{&pool, &linger};
    f->db.async_stop(boost::asio::bind_executor(slow, [&](error_code) { has_run = true; }));
    BOOST_TEST(eventually([&] { return has_run.load(); }));
    f.reset();
    is_gone = true;
    BOOST_TEST(has_left.load());
    pool.join();
}

BOOST_AUTO_TEST_CASE(the_last_handle_may_end_inside_the_handler_of_its_stop) {
    for (const bool is_inline : {true, false}) {
        fixture f;
        auto last = std::make_shared<database>(database::open({.path = ":memory:"}).value());
        std::promise<error_code> done;
        auto& db = *last;
        auto end = [&done, last = std::move(last)](error_code code) mutable {
            last.reset();
            done.set_value(code);
        };
        if (is_inline) db.async_stop(boost::asio::bind_executor(inline_executor(), std::move(end)));
        else db.async_stop(std::move(end));
        BOOST_TEST(!done.get_future().get());
    }
}

BOOST_AUTO_TEST_SUITE_END()
