// Completion tokens, executors, allocators and the error codes of the Asio face.
#include "fixture.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

result<std::int64_t> count_things(read_session& session) {
    auto counted = session.first_integer("SELECT count(*) FROM thing");
    if (!counted) return counted.error();
    return counted->value();
}
result<std::int64_t> fail(read_session& session) {
    auto counted = session.first_integer("SELECT nothing");
    if (!counted) return counted.error();
    return 0;
}
result<std::optional<std::int64_t>> count_for_ever(read_session& session) {
    return session.first_integer(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
}

// Counts what is allocated through it.
template <class T>
struct counting_allocator {
    using value_type = T;
    explicit counting_allocator(std::atomic<int>& count)
        : counted(&count) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other)  // NOLINT(google-explicit-constructor)
        : counted(other.counted) {}
    T* allocate(std::size_t n) {
        ++*counted;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
    friend bool operator==(const counting_allocator&, const counting_allocator&) = default;
    std::atomic<int>* counted;
};

boost::asio::awaitable<void> use_every_token(database& db, std::vector<std::int64_t>& seen) {
    using boost::asio::use_awaitable;
    seen.push_back(co_await db.async_read(count_things, use_awaitable));
    error_code code;
    co_await db.async_read(fail, boost::asio::redirect_error(use_awaitable, code));
    seen.push_back(code ? 1 : 0);
    auto [failed, none] = co_await db.async_read(fail, boost::asio::as_tuple(use_awaitable));
    seen.push_back(failed ? none : 99);
    auto kept = co_await db.async_read(fail, as_result(use_awaitable));
    seen.push_back(kept.error().diagnostic().find("nothing") != std::string::npos ? 1 : 0);
    bool threw = false;
    try {
        co_await db.async_read(fail, use_awaitable);
    } catch (const boost::system::system_error&) {
        threw = true;
    }
    seen.push_back(threw ? 1 : 0);
    seen.push_back(co_await db.async_read(count_things, boost::asio::deferred));
}

boost::asio::awaitable<bool> times_out(database& db) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 50ms);
    job_options unhurried;
    unhurried.deadline = 60s;
    auto first = co_await (db.async_read(count_for_ever, unhurried, boost::asio::use_awaitable) ||
                           timer.async_wait(boost::asio::use_awaitable));
    co_return first.index() == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(asio_face)

BOOST_AUTO_TEST_CASE(a_handler_gets_a_code_first_and_a_value_or_an_empty_one) {
    fixture f;
    std::promise<std::pair<error_code, std::int64_t>> good;
    f.db.async_read(count_things, [&](error_code code, std::int64_t n) { good.set_value({code, n}); });
    BOOST_TEST(!good.get_future().get().first);
    std::promise<std::pair<error_code, std::int64_t>> bad;
    diagnostics why;
    f.db.async_read(fail, {.diagnostics = &why}, [&](error_code code, std::int64_t n) { bad.set_value({code, n}); });
    const auto [code, n] = bad.get_future().get();
    BOOST_TEST((code.category() == sqlite_category()));
    BOOST_TEST(n == 0);
    BOOST_TEST(why.message().find("nothing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_future_yields_the_value_and_throws_the_code) {
    fixture f;
    BOOST_TEST(f.db.async_write(add_thing("x"), boost::asio::use_future).get().value == 1);
    BOOST_TEST(f.db.async_read(count_things, boost::asio::use_future).get() == 1);
    BOOST_CHECK_THROW(f.db.async_read(fail, boost::asio::use_future).get(), boost::system::system_error);
    BOOST_CHECK_NO_THROW(f.db.async_stop(boost::asio::use_future).get());
}

BOOST_AUTO_TEST_CASE(a_token_may_be_kept_and_be_constant) {
    fixture f;
    const auto waits = boost::asio::use_future;
    const auto kept = as_result(boost::asio::use_future);
    BOOST_TEST(f.db.async_write(add_thing("x"), waits).get().value == 1);
    BOOST_TEST(f.db.async_write(add_thing("y"), kept).get().value().value == 2);
    BOOST_TEST(f.db.async_read(count_things, kept).get().value() == 2);
}

BOOST_AUTO_TEST_CASE(coroutines_may_use_every_token) {
    boost::asio::io_context context;
    fixture f;
    std::vector<std::int64_t> seen;
    boost::asio::co_spawn(context, use_every_token(f.db, seen),
                          [](const std::exception_ptr& failed) { BOOST_TEST(!failed); });
    context.run();
    const std::vector<std::int64_t> expected{0, 1, 0, 1, 1, 0};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(awaitable_operators_cancel_the_loser) {
    boost::asio::io_context context;
    fixture f;
    std::optional<bool> timed_out;
    boost::asio::co_spawn(context, times_out(f.db), [&](const std::exception_ptr&, bool first) { timed_out = first; });
    context.run();
    BOOST_TEST(timed_out.value_or(false));
}

BOOST_AUTO_TEST_CASE(a_deferred_operation_may_be_kept_and_started_twice) {
    fixture f;
    auto operation = f.db.async_read(count_things, boost::asio::deferred);
    for (int i = 0; i < 2; ++i) {
        std::promise<std::int64_t> counted;
        auto again = operation;
        std::move(again)([&](error_code, std::int64_t n) { counted.set_value(n); });
        BOOST_TEST(counted.get_future().get() == 0);
    }
}

BOOST_AUTO_TEST_CASE(type_erased_handlers_keep_their_executor) {
    boost::asio::io_context context;
    fixture f;
    std::thread::id ran_on;
    boost::asio::any_completion_handler<void(error_code, std::int64_t)> handler(boost::asio::bind_executor(
        context.get_executor(), [&](error_code, std::int64_t) { ran_on = std::this_thread::get_id(); }));
    f.db.async_read(count_things, std::move(handler));
    context.run();
    BOOST_TEST((ran_on == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(strands_and_any_executors_serve) {
    boost::asio::thread_pool pool(2);
    fixture f;
    auto strand = boost::asio::make_strand(pool.get_executor());
    std::promise<bool> inside;
    f.db.async_read(count_things, boost::asio::bind_executor(strand, [&](error_code, auto) {
                        inside.set_value(strand.running_in_this_thread());
                    }));
    BOOST_TEST(inside.get_future().get());
    std::promise<void> erased;
    boost::asio::any_io_executor any(pool.get_executor());
    f.db.async_read(count_things, boost::asio::bind_executor(any, [&](error_code, auto) { erased.set_value(); }));
    erased.get_future().wait();
    pool.join();
}

BOOST_AUTO_TEST_CASE(a_job_lives_in_memory_of_its_handlers_allocator) {
    boost::asio::io_context context;
    fixture f;
    std::atomic<int> allocated{0};
    bool done = false;
    auto handler = boost::asio::bind_allocator(
        counting_allocator<void>(allocated),
        boost::asio::bind_executor(context.get_executor(), [&](error_code, std::int64_t) { done = true; }));
    f.db.async_read(count_things, std::move(handler));
    context.run();
    BOOST_TEST(done);
    BOOST_TEST(allocated >= 1);
}

BOOST_AUTO_TEST_CASE(handlers_without_an_executor_run_where_the_options_say) {
    boost::asio::io_context context;
    auto work = boost::asio::make_work_guard(context);
    fixture f([&](options& o) { o.completion_executor = context.get_executor(); });
    BOOST_TEST((f.db.get_executor() == boost::asio::any_io_executor(context.get_executor())));
    std::thread::id ran_on;
    f.db.async_read(count_things, [&](error_code, auto) {
        ran_on = std::this_thread::get_id();
        work.reset();
    });
    context.run();
    BOOST_TEST((ran_on == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(the_writer_runs_on_a_strand_of_the_hosts_executor) {
    boost::asio::thread_pool pool(2);
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    {
        fixture f([&](options& o) { o.writer_executor = pool.get_executor(); });
        std::vector<std::future<committed<bool>>> sent;
        for (int i = 0; i < 200; ++i) {
            auto work = [&](write_session&) -> result<bool> {
                if (inside.fetch_add(1) != 0) overlapped = true;
                inside.fetch_sub(1);
                return pool.get_executor().running_in_this_thread();
            };
            sent.push_back(f.db.async_write(std::move(work), boost::asio::use_future));
        }
        for (auto& one : sent) BOOST_TEST(one.get().value);
    }
    BOOST_TEST(!overlapped);
    pool.join();
}

BOOST_AUTO_TEST_CASE(codes_equal_the_portable_conditions) {
    BOOST_TEST((make_error_code(errc::cancelled) == boost::system::errc::operation_canceled));
    BOOST_TEST((make_error_code(errc::deadline_exceeded) == boost::system::errc::timed_out));
    BOOST_TEST((make_error_code(errc::would_deadlock) == boost::system::errc::resource_deadlock_would_occur));
}

BOOST_AUTO_TEST_CASE(checkpoint_vacuum_and_backup_run_beside_the_rest) {
    fixture f;
    for (int i = 0; i < 50; ++i) f.db.write(add_thing(std::string(3'000, 'x') + std::to_string(i))).value();
    const auto done = f.db.async_checkpoint(boost::asio::use_future).get();
    BOOST_TEST(done.checkpointed_frames > 0u);
    BOOST_TEST(done.checkpointed_frames == done.wal_frames);
    f.db.write([](write_session& s) { return s.execute("DELETE FROM thing WHERE id > 1"); }).value();
    const auto size = [&f] { return std::filesystem::file_size(f.directory.file("test.db")); };
    f.db.async_checkpoint(boost::asio::use_future).get();
    const auto before = size();
    f.db.async_vacuum(boost::asio::use_future).get();
    BOOST_TEST(size() < before);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
    const auto target = f.directory.file("copy.db");
    const auto copied = f.db.async_backup(target, boost::asio::use_future).get();
    BOOST_TEST(f.db.write(add_thing("after")).has_value());
    BOOST_TEST(copied.bytes == std::filesystem::file_size(target));
    BOOST_CHECK_THROW(f.db.async_backup(target, boost::asio::use_future).get(), boost::system::system_error);
    auto copy = database::open({.path = target, .migrations = schema});
    BOOST_REQUIRE(copy.has_value());
    BOOST_TEST(
        copy->read([](read_session& s) { return s.first_integer("SELECT count(*) FROM thing"); }).value().value() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
