// Who runs when: stealing, the deep reads' queue, the two priorities of mutations, room in the queue.
#include "fixture.hpp"
#include "held_read.hpp"

#include <carrel/cost.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <limits>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto soon = 20s;
constexpr auto endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
constexpr auto deep_sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT count(*) FROM n";

// Less than either of the deep works takes, and more than a thread that loses the processor needs to come to a refusal.
constexpr auto within = 100ms;

result<std::optional<std::int64_t>> one(read_session& session) { return session.first_integer("SELECT 1"); }
result<std::optional<std::int64_t>> count_for_ever(read_session& session) {
    return session.first_integer(read_sql::dynamic(endless));
}
result<std::optional<std::int64_t>> deep(read_session& session) {
    return session.first_integer(read_sql::dynamic(deep_sql));
}

// Many short statements, so that no one of them is long.
result<std::optional<std::int64_t>> keyed(read_session& session, std::uint64_t key, int steps) {
    if (auto allowed = expect_cost(session, key); !allowed) return allowed.error();
    for (int i = 0; i < steps; ++i) {
        if (auto goes_on = session.check_interrupt(); !goes_on) return goes_on.error();
        if (auto counted = one(session); !counted) return counted;
    }
    return std::optional<std::int64_t>(steps);
}

using outcome = result<std::optional<std::int64_t>>;

// A shard on a thread of its own, from which deep reads are sent.
class deep_sender {
public:
    deep_sender(database& db, boost::asio::io_context& context)
        : db_(db),
          context_(context),
          work_(context.get_executor()),
          shard_(shard::attach(db, context).value()),
          thread_([this] { context_.run(); }) {}
    ~deep_sender() {
        work_.reset();
        thread_.join();
    }
    template <class Work>
    std::future<outcome> send(Work work, std::chrono::milliseconds deadline, boost::asio::cancellation_slot slot = {}) {
        auto promise = std::make_shared<std::promise<outcome>>();
        auto future = promise->get_future();
        boost::asio::post(context_, [this, work, deadline, promise, slot] {
            auto keep = [promise](outcome r) { promise->set_value(std::move(r)); };
            db_.async_read(work, {.deadline = deadline},
                           as_result(boost::asio::bind_cancellation_slot(
                               slot, boost::asio::bind_executor(context_.get_executor(), keep))));
        });
        return future;
    }
    template <class Function>
    void on_shard(Function function) {
        std::promise<void> done;
        boost::asio::post(context_, [&] {
            function();
            done.set_value();
        });
        done.get_future().wait();
    }

private:
    database& db_;
    boost::asio::io_context& context_;  // outlives the database
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    shard shard_;
    std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(scheduling)

// Both that fall idle look for work at once, and may choose the same queue first: who comes second must look again. Each
// read ends only once both run.
BOOST_AUTO_TEST_CASE(no_idle_reader_sleeps_while_another_queue_holds_reads) {
    fixture f([](options& o) { o.readers_max = 4; });
    for (int round = 0; round < 300; ++round) {
        auto running = std::make_shared<std::atomic<int>>(0);
        const auto meet = [running](read_session&) -> result<bool> {
            ++*running;
            return eventually([&] { return *running == 2; });
        };
        held_read first(f.db);
        held_read second(f.db);
        auto third = std::make_unique<held_read>(f.db);
        auto fourth = std::make_unique<held_read>(f.db);
        std::vector<std::future<result<bool>>> waiting;
        for (int i = 0; i < 2; ++i)
            waiting.push_back(f.db.async_read(meet, {.deadline = 60s}, as_result(boost::asio::use_future)));
        std::atomic<int> at_start{0};
        const auto let_go = [&](std::unique_ptr<held_read>& one) {
            ++at_start;
            while (at_start != 2) std::this_thread::yield();
            one.reset();
        };
        std::thread other([&] { let_go(third); });
        let_go(fourth);
        other.join();
        for (auto& read : waiting) BOOST_REQUIRE(read.get().value());
    }
}

BOOST_AUTO_TEST_CASE(reads_behind_a_slow_one_of_their_batch_can_be_stolen) {
    fixture f([](options& o) { o.readers_max = 2; });
    auto busy = std::make_unique<held_read>(f.db);
    auto other = std::make_unique<held_read>(f.db);
    auto slow = std::make_shared<gate>();
    std::vector<std::future<result<void>>> slow_reads;
    std::vector<std::future<outcome>> waiting;
    // One slow read, then quick ones, in the queues of both: whoever takes the slow one leaves the rest to the other.
    const auto wait_long = [slow](read_session&) -> result<void> {
        slow->wait();
        return {};
    };
    slow_reads.push_back(f.db.async_read(wait_long, {.deadline = 60s}, as_result(boost::asio::use_future)));
    for (int i = 0; i < 64; ++i)
        waiting.push_back(f.db.async_read(one, {.deadline = 60s}, as_result(boost::asio::use_future)));
    busy.reset();
    other.reset();
    for (auto& read : waiting) BOOST_REQUIRE((read.wait_for(soon) == std::future_status::ready));
    BOOST_TEST((slow_reads.front().wait_for(0s) == std::future_status::timeout));
    slow->open();
    BOOST_TEST(slow_reads.front().get().has_value());
}

BOOST_AUTO_TEST_CASE(short_reads_are_not_behind_deep_ones) {
    boost::asio::io_context context(1);
    fixture f([](options& o) {
        o.readers_max = 4;
        o.deep_reads_max = 1;
    });
    std::vector<boost::asio::cancellation_signal> signals(8);
    deep_sender sender(f.db, context);
    std::vector<std::future<outcome>> deep_reads;
    for (auto& signal : signals) deep_reads.push_back(sender.send(count_for_ever, 60s, signal.slot()));
    BOOST_TEST(eventually([&] { return f.db.stats().readers.queue_jobs >= 7u; }));
    for (int i = 0; i < 10; ++i) BOOST_TEST(f.db.read(one, {.deadline = 60s}).has_value());
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    sender.on_shard([&] {
        for (auto& signal : signals) signal.emit(boost::asio::cancellation_type::terminal);
    });
    for (auto& read : deep_reads) BOOST_TEST((read.get().error() == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(a_deep_read_that_cannot_be_served_in_time_is_refused_at_once) {
    boost::asio::io_context context(1);
    fixture f([](options& o) {
        o.readers_max = 3;
        o.deep_reads_max = 1;
    });
    boost::asio::cancellation_signal signal;
    deep_sender sender(f.db, context);
    BOOST_TEST(sender.send(deep, 60s).get().has_value());  // what it costs is known now
    auto endless_read = sender.send(count_for_ever, 60s, signal.slot());
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    auto queued = sender.send(deep, 60s);
    BOOST_TEST(eventually([&] { return f.db.stats().readers.queue_jobs == 1u; }));
    auto refused = sender.send(deep, within);
    BOOST_REQUIRE((refused.wait_for(soon) == std::future_status::ready));
    BOOST_TEST((refused.get().error() == errc::overloaded));
    BOOST_TEST(f.db.stats().refused_overloaded == 1u);
    sender.on_shard([&] { signal.emit(boost::asio::cancellation_type::terminal); });
    BOOST_TEST(endless_read.get().has_error());
    BOOST_TEST(queued.get().has_value());
}

BOOST_AUTO_TEST_CASE(work_of_many_statements_is_deep_by_its_key_and_refused_when_it_cannot_be_served) {
    boost::asio::io_context context(1);
    fixture f([](options& o) {
        o.readers_max = 3;
        o.deep_reads_max = 1;
        o.read_budget = 100us;
    });
    constexpr int many = 2'000'000;
    const auto deep_work = [](read_session& session) { return keyed(session, 7, many); };
    const auto endless_work = [](read_session& session) { return keyed(session, 8, std::numeric_limits<int>::max()); };
    boost::asio::cancellation_signal signal;
    deep_sender sender(f.db, context);
    BOOST_TEST(sender.send(deep_work, 60s).get().has_value());
    BOOST_TEST(f.db.stats().readers.budget_overruns == 1u);
    BOOST_TEST(sender.send(one, 60s).get().has_value());  // its statement is not what is deep
    BOOST_TEST(f.db.stats().readers.known_deep == 0u);
    auto endless_read = sender.send(endless_work, 60s, signal.slot());
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    auto queued = sender.send(deep_work, 60s);
    BOOST_TEST(eventually([&] { return f.db.stats().readers.queue_jobs == 1u; }));
    BOOST_TEST(eventually([&] { return f.db.stats().readers.known_deep == 1u; }));
    auto refused = sender.send(deep_work, within);
    BOOST_REQUIRE((refused.wait_for(soon) == std::future_status::ready));
    BOOST_TEST((refused.get().error() == errc::overloaded));
    sender.on_shard([&] { signal.emit(boost::asio::cancellation_type::terminal); });
    BOOST_TEST(endless_read.get().has_error());
    BOOST_TEST(queued.get().has_value());
}

// The batch that the held job is in has room for one bulk job; the others come after the normal ones.
BOOST_AUTO_TEST_CASE(normal_mutations_go_before_bulk_ones_that_came_first) {
    fixture f;
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> sent;
    for (int i = 0; i < 3; ++i)
        sent.push_back(send(f.db, add_thing("bulk" + std::to_string(i)), {.priority = priority::bulk}));
    for (int i = 0; i < 3; ++i) sent.push_back(send(f.db, add_thing("normal" + std::to_string(i))));
    held.release();
    std::vector<std::int64_t> rowids;
    for (auto& one : sent) rowids.push_back(one.get().value().value);
    const auto last_normal = *std::max_element(rowids.begin() + 3, rowids.end());
    BOOST_TEST(last_normal < rowids[1]);
    BOOST_TEST(last_normal < rowids[2]);
}

BOOST_AUTO_TEST_CASE(a_bulk_job_is_asked_to_yield_when_others_wait_and_only_then) {
    fixture f([](options& o) { o.bulk_slice = 1ms; });
    auto alone = f.db.write([](write_session& session) -> result<bool> {
        const auto end = std::chrono::steady_clock::now() + 10ms;
        while (std::chrono::steady_clock::now() < end)
            if (session.should_yield()) return true;
        return false;
    });
    BOOST_TEST(!alone.value().value);
    auto begun = std::make_shared<std::promise<void>>();
    const auto until_yield = [begun](write_session& session) -> result<bool> {
        begun->set_value();
        return eventually([&] { return session.should_yield(); });
    };
    auto bulk = f.db.async_write(until_yield, {.deadline = 60s, .priority = priority::bulk},
                                 as_result(boost::asio::use_future));
    begun->get_future().wait();
    auto normal = send(f.db, add_thing("x"));
    BOOST_TEST(bulk.get().value().value);
    BOOST_TEST(normal.get().has_value());
}

BOOST_AUTO_TEST_CASE(who_was_refused_hears_when_there_is_room_again) {
    fixture f([](options& o) { o.write_queue_jobs_max = 2; });
    BOOST_CHECK_NO_THROW(f.db.async_ready(boost::asio::use_future).get());  // there is room now
    held_writer held(f.db);
    auto queued = send(f.db, add_thing("a"));
    BOOST_TEST((write(f.db, add_thing("b")).error() == errc::overloaded));
    auto room = f.db.async_ready(boost::asio::use_future);
    BOOST_TEST((room.wait_for(20ms) == std::future_status::timeout));
    held.release();
    BOOST_CHECK_NO_THROW(room.get());
    BOOST_TEST(write(f.db, add_thing("b")).has_value());
    BOOST_TEST(queued.get().has_value());
}

BOOST_AUTO_TEST_CASE(who_waits_for_room_may_give_up) {
    boost::asio::io_context context;
    fixture f([](options& o) { o.write_queue_jobs_max = 1; });
    held_writer held(f.db);
    boost::asio::cancellation_signal signal;
    error_code outcome;
    f.db.async_ready(boost::asio::bind_cancellation_slot(
        signal.slot(), boost::asio::bind_executor(context, [&](error_code code) { outcome = code; })));
    signal.emit(boost::asio::cancellation_type::total);
    context.run_for(soon);
    BOOST_TEST((outcome == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(who_waits_for_room_when_the_database_stops_hears_of_that) {
    fixture f([](options& o) { o.write_queue_jobs_max = 1; });
    held_writer held(f.db);
    auto room = f.db.async_ready(as_result(boost::asio::use_future));
    auto stopping = f.db.async_stop(boost::asio::use_future);
    BOOST_TEST((room.get().error() == errc::stopping));
    held.release();
    stopping.get();
}

BOOST_AUTO_TEST_SUITE_END()
