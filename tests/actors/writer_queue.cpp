// The writer's queue: bounds, deadlines, cancellation and the end.
#include "fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

using namespace carrel;
using namespace carrel::testing;

BOOST_AUTO_TEST_SUITE(writer_queue)

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once) {
    fixture f([](options& o) { o.write_queue_jobs_max = 3; });
    held_writer held(f.db);
    auto second = send(f.db, add_thing("second"));
    auto third = send(f.db, add_thing("third"));
    BOOST_TEST((write(f.db, add_thing("fourth")).error() == errc::overloaded));
    BOOST_TEST(f.db.stats().refused_overloaded == 1u);
    held.release();
    second.get().value();
    third.get().value();
    write(f.db, add_thing("fourth")).value();
}

BOOST_AUTO_TEST_CASE(a_queue_full_by_bytes_refuses_at_once) {
    fixture f([](options& o) { o.write_queue_bytes_max = 64 << 10; });
    held_writer held(f.db);
    auto large = send(f.db, add_thing("large"), {.bytes = 60 << 10});
    BOOST_TEST((write(f.db, add_thing("more"), {.bytes = 8 << 10}).error() == errc::overloaded));
    BOOST_TEST((write(f.db, add_thing("endless"), {.bytes = SIZE_MAX}).error() == errc::overloaded));
    held.release();
    large.get().value();
}

BOOST_AUTO_TEST_CASE(an_expired_job_is_dropped_unrun) {
    fixture f;
    bool ran = false;
    held_writer held(f.db);
    auto expired = send(f.db,
                        [&ran](write_session&) -> result<void> {
                            ran = true;
                            return {};
                        },
                        {.deadline = std::chrono::milliseconds(1)});
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
    BOOST_TEST(eventually([end] { return std::chrono::steady_clock::now() > end; }));
    held.release();
    BOOST_TEST((expired.get().error() == errc::deadline_exceeded));
    BOOST_TEST(!ran);
    BOOST_TEST(f.db.stats().expired == 1u);
}

BOOST_AUTO_TEST_CASE(a_waiting_job_can_be_cancelled) {
    boost::asio::io_context context;
    fixture f;
    boost::asio::cancellation_signal signal;
    std::optional<error> outcome;
    held_writer held(f.db);
    auto keep = boost::asio::bind_executor(context.get_executor(),
                                           [&](result<committed<std::int64_t>> r) { outcome = r.error(); });
    f.db.async_write(add_thing("never"),
                     as_result(boost::asio::bind_cancellation_slot(signal.slot(), std::move(keep))));
    signal.emit(boost::asio::cancellation_type::terminal);
    held.release();
    context.run();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 0);
}

BOOST_AUTO_TEST_CASE(stop_finishes_what_was_accepted_and_refuses_the_rest) {
    fixture f;
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> accepted;
    for (int i = 0; i < 20; ++i) accepted.push_back(send(f.db, add_thing("n" + std::to_string(i))));
    auto stopping = f.db.async_stop(as_result(boost::asio::use_future));
    BOOST_TEST(eventually([&] {
        auto refused = read(f.db, [](read_session& session) { return session.first_integer("SELECT 1"); });
        return refused.has_error() && refused.error() == errc::stopping;
    }));
    held.release();
    for (auto& one : accepted) BOOST_TEST(one.get().has_value());
    BOOST_TEST(stopping.get().has_value());
    BOOST_TEST((write(f.db, add_thing("late")).error() == errc::stopping));
    f.db = f.open([](options&) {});
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 20);
}

BOOST_AUTO_TEST_CASE(exhaustion_is_logged_once_at_its_start_and_once_at_its_end) {
    fixture f([](options& o) { o.exhaustion_threshold = std::chrono::seconds(1); });
    held_writer held(f.db);
    // Nothing is written: three are named, those that took the longest, and a commit or a checkpoint may take any time.
    const auto look = [](write_session& session) { return session.first_integer("SELECT count(*) FROM thing"); };
    std::vector<std::future<result<committed<std::optional<std::int64_t>>>>> sent;
    for (int i = 0; i < 5; ++i) sent.push_back(send(f.db, look));
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'100);
    BOOST_TEST(eventually([end] { return std::chrono::steady_clock::now() > end; }));
    held.release();
    for (auto& one : sent) one.get().value();
    BOOST_TEST(eventually([&] { return f.logged("exhaustion over") == 1; }));
    BOOST_TEST(f.logged("writer exhausted") == 1u);
    BOOST_TEST(f.logged("5 mutations waited, at most 5 at a time, the longest for ") == 1u);
    BOOST_TEST(f.logged("in 1 runs of no statement") == 2u);  // what held the writer has run none
    BOOST_TEST(f.logged("in 5 runs of SELECT count(*) FROM thing") == 1u);
    BOOST_TEST(f.db.stats().write.exhaustion_episodes == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
