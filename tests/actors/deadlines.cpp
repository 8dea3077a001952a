// Deadlines and cancellation hold wherever a job waits, whatever the actors are busy with.
#include "ended_read.hpp"
#include "fixture.hpp"
#include "held_read.hpp"

#include "actors/snapshot_registry.hpp"
#include "sqlite/connection.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <sqlite3.h>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

// Long enough for any machine, far less than what the job waits behind, which ends only when the test lets it.
constexpr auto soon = 20s;

result<std::optional<std::int64_t>> one(read_session& session) { return session.first_integer("SELECT 1"); }

template <class Future>
bool is_ready(Future& future) {
    return future.wait_for(soon) == std::future_status::ready;
}

// An operation whose handler and cancellation belong to one executor, as Asio demands. Declared before the database, since a
// context outlives it.
class cancellable {
public:
    template <class T>
    auto token() {
        auto keep = [this](const result<T>& r) { outcome_ = r ? error() : r.error(); };
        return as_result(boost::asio::bind_cancellation_slot(
            signal_.slot(), boost::asio::bind_executor(context_.get_executor(), std::move(keep))));
    }
    void cancel() { signal_.emit(boost::asio::cancellation_type::total); }
    /// What it completed with, if it did.
    std::optional<error> outcome() {
        context_.restart();
        context_.run_for(soon);
        return std::exchange(outcome_, std::nullopt);
    }

private:
    boost::asio::io_context context_;
    boost::asio::cancellation_signal signal_;
    std::optional<error> outcome_;
};

struct only_reader : fixture {
    only_reader()
        : fixture([](options& o) { o.readers_max = 1; }) {}
};

// A transaction of the host's own, on a connection of its own.
class foreign_transaction {
public:
    explicit foreign_transaction(const std::string& path) {
        sqlite3_open(path.c_str(), &db_);
        is_open_ = sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK;
    }
    ~foreign_transaction() {
        sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
        sqlite3_close(db_);
    }
    bool is_open() const { return is_open_; }

private:
    sqlite3* db_ = nullptr;
    bool is_open_ = false;
};

constexpr auto endless_insert =
    "INSERT INTO thing(size) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

}  // namespace

BOOST_AUTO_TEST_SUITE(deadlines)

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_a_reader_expires_on_time) {
    only_reader f;
    held_read held(f.db);
    auto waiting = f.db.async_read(one, {.deadline = 50ms}, as_result(boost::asio::use_future));
    BOOST_REQUIRE(is_ready(waiting));
    BOOST_TEST((waiting.get().error() == errc::deadline_exceeded));
    BOOST_TEST(f.db.stats().expired == 1u);
    held.release();
    BOOST_TEST(f.db.read(one).has_value());
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_a_reader_can_be_cancelled) {
    cancellable operation;
    only_reader f;
    held_read held(f.db);
    f.db.async_read(one, {.deadline = 60s}, operation.token<std::optional<std::int64_t>>());
    operation.cancel();
    const auto outcome = operation.outcome();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(a_mutation_behind_a_slow_neighbour_expires_on_time) {
    fixture f;
    held_writer held(f.db);
    auto waiting = send(f.db, add_thing("x"), {.deadline = 50ms});
    auto behind = send(f.db, add_thing("y"));
    BOOST_REQUIRE(is_ready(waiting));
    BOOST_TEST((waiting.get().error() == errc::deadline_exceeded));
    BOOST_TEST(held.behind() == 1u);  // what expired counts no more
    held.release();
    BOOST_TEST(behind.get().has_value());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
}

BOOST_AUTO_TEST_CASE(a_mutation_behind_a_slow_neighbour_can_be_cancelled) {
    cancellable operation;
    fixture f;
    held_writer held(f.db);
    f.db.async_write(add_thing("x"), {.deadline = 60s}, operation.token<committed<std::int64_t>>());
    operation.cancel();
    const auto outcome = operation.outcome();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
}

BOOST_AUTO_TEST_CASE(a_mutation_behind_a_transaction_of_the_hosts_own_expires_on_time) {
    fixture f([](options& o) { o.busy_timeout = 60s; });
    foreign_transaction foreign(f.directory.file("test.db"));
    BOOST_REQUIRE(foreign.is_open());
    auto waiting = send(f.db, add_thing("x"), {.deadline = 50ms});
    BOOST_REQUIRE(is_ready(waiting));
    BOOST_TEST((waiting.get().error() == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_the_wal_to_shrink_expires_on_time) {
    fixture f([](options& o) {
        o.wal_soft_bytes = 64 << 10;
        o.wal_hard_bytes = 1u << 30;
        o.checkpoint_frames = 1 << 20;
    });
    held_read held(f.db);  // keeps the WAL from being emptied
    for (int i = 0; i < 40; ++i) f.db.write(add_thing(std::string(4'000, 'a') + std::to_string(i))).value();
    auto waiting = f.db.async_read(one, {.deadline = 50ms}, as_result(boost::asio::use_future));
    BOOST_REQUIRE(is_ready(waiting));
    BOOST_TEST((waiting.get().error() == errc::deadline_exceeded));
    held.release();
}

// The timer looks at everything once in a while anyway: who has to wait for that each time waits far longer in all.
BOOST_AUTO_TEST_CASE(who_waits_is_answered_at_its_own_deadline_or_cancellation_and_not_at_the_next_look) {
    constexpr int rounds = 20;
    constexpr auto at_most = rounds / 2 * detail::deadline_timer::look_interval;
    cancellable operation;
    only_reader f;
    held_read reading(f.db);
    held_writer writing(f.db);
    const auto lasts = [](auto wait) {
        const auto begun = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i) wait();
        return std::chrono::steady_clock::now() - begun;
    };
    BOOST_TEST((lasts([&] { (void)f.db.read(one, {.deadline = 10ms}); }) < at_most));
    BOOST_TEST((lasts([&] { (void)f.db.write(add_thing("x"), {.deadline = 10ms}); }) < at_most));
    const auto cancelled = lasts([&] {
        f.db.async_write(add_thing("x"), {.deadline = 60s}, operation.token<committed<std::int64_t>>());
        operation.cancel();
        BOOST_TEST((operation.outcome() == errc::cancelled));
    });
    BOOST_TEST((cancelled < at_most));
}

// In the order of their deadlines, which is not that in which they came: each look finds the next time to look.
BOOST_AUTO_TEST_CASE(each_of_many_deadlines_has_its_own_time) {
    only_reader f;
    held_read held(f.db);
    const std::vector<int> wanted{20, 250, 500};
    const auto order_of_answers = [&] {
        auto order = std::make_shared<std::vector<int>>();
        auto all = std::make_shared<std::promise<void>>();
        for (const int deadline : {500, 250, 20})
            f.db.async_read(one, {.deadline = std::chrono::milliseconds(deadline)}, [=](error_code, auto) {
                order->push_back(deadline);
                if (order->size() == 3) all->set_value();
            });
        all->get_future().wait();
        return *order;
    };
    // On a machine that stood still two may have passed at once.
    int attempts = 10;
    while (order_of_answers() != wanted && --attempts > 0) continue;
    BOOST_TEST(attempts > 0);
}

BOOST_AUTO_TEST_CASE(a_running_mutation_ends_at_its_deadline_and_its_neighbours_are_kept) {
    fixture f;
    held_writer held(f.db);
    auto before = send(f.db, add_thing("before"));
    auto endless = f.db.async_write([](write_session& session) { return session.execute(endless_insert); },
                                    {.deadline = 300ms}, as_result(boost::asio::use_future));
    auto after = send(f.db, add_thing("after"));
    held.release();
    BOOST_TEST((endless.get().error() == errc::deadline_exceeded));
    BOOST_TEST(before.get().has_value());
    BOOST_TEST(after.get().has_value());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(a_running_mutation_is_cancelled_when_its_next_statement_begins) {
    cancellable operation;
    fixture f;
    auto begun = std::make_shared<gate>();
    auto go_on = std::make_shared<gate>();
    const auto work = [begun, go_on](write_session& session) -> result<void> {
        if (auto first = session.execute("INSERT INTO thing(name) VALUES('first')"); !first) return first;
        begun->open();
        go_on->wait();
        return session.execute("INSERT INTO thing(name) VALUES('second')");
    };
    f.db.async_write(work, {.deadline = 60s}, operation.token<committed<void>>());
    begun->wait();
    auto neighbour = send(f.db, add_thing("neighbour"));
    operation.cancel();
    go_on->open();
    const auto outcome = operation.outcome();
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((*outcome == errc::cancelled));
    BOOST_TEST(neighbour.get().has_value());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_past_the_maximum_is_refused) {
    fixture f;
    BOOST_TEST((f.db.read(one, {.deadline = 24h}).error() == errc::invalid_option));
    BOOST_TEST((f.db.write(add_thing("x"), {.deadline = 24h}).error() == errc::invalid_option));
    // More than the clock can count.
    BOOST_TEST((f.db.read(one, {.deadline = std::chrono::milliseconds::max()}).error() == errc::invalid_option));
    BOOST_TEST((f.db.read(one, {.deadline = std::chrono::milliseconds::min()}).error() == errc::deadline_exceeded));
    BOOST_TEST(f.db.read(one, {.deadline = 60s}).has_value());
}

// OP_Count counts a whole table in one step, which looks at no flag and no clock.
BOOST_AUTO_TEST_CASE(a_step_that_looks_at_no_deadline_is_interrupted_from_outside) {
    fixture f;
    std::atomic<std::uint64_t> busy{0};
    auto connection = sqlite::connection::open(f.directory.file("test.db"),
                                               sqlite::profile_of(options{}, sqlite::role::reader), busy);
    BOOST_REQUIRE(connection.has_value());
    sqlite3_stmt* stepping = nullptr;
    sqlite3_prepare_v2((*connection)->handle(),
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", -1, &stepping,
                       nullptr);
    BOOST_TEST(sqlite3_step(stepping) == SQLITE_ROW);
    detail::snapshot_registry registry;
    auto& entry = registry.enroll();
    const auto now = std::chrono::steady_clock::now();
    entry.begun(now, connection->get());
    entry.running_until(now + 1h);
    BOOST_TEST((registry.look(now) == now + 1h));
    BOOST_TEST(sqlite3_step(stepping) == SQLITE_ROW);
    entry.running_until(now);
    BOOST_TEST((registry.look(now) > now));
    BOOST_TEST((sqlite3_step(stepping) & 0xff) == SQLITE_INTERRUPT);
    sqlite3_finalize(stepping);
    entry.ended();
    BOOST_TEST((registry.look(now) == detail::timed::never));
}

BOOST_AUTO_TEST_CASE(a_slow_statement_is_logged_once) {
    fixture f([](options& o) { o.slow_statement_time = 20ms; });
    const auto counts_long = [](read_session& session) -> result<std::optional<std::int64_t>> {
        return session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\nSELECT count(*) FROM n");
    };
    BOOST_TEST((end_after(f.db, 40ms, counts_long) == errc::query_cancelled));
    BOOST_TEST(f.logged("slow query: WITH RECURSIVE n(i)") == 1u);
    BOOST_TEST(f.logged("FROM n) SELECT count(*) FROM n; lane") == 1u);  // in one line
    fixture quick([](options& o) { o.slow_statement_time = 60s; });
    BOOST_TEST(quick.db.read(one).has_value());
    BOOST_TEST(quick.logged("slow query") == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_statement_beside_an_open_blob_is_logged) {
    fixture f([](options& o) { o.slow_statement_time = 20ms; });
    const auto filled = f.db.write([](write_session& session) -> result<void> {
        if (auto done = session.execute("CREATE TABLE b(n INTEGER PRIMARY KEY, bytes BLOB)"); !done) return done;
        return session.execute("INSERT INTO b VALUES (1, x'00')");
    });
    BOOST_TEST_REQUIRE(filled.has_value());
    const auto counts_long = [](read_session& session) -> result<std::optional<std::int64_t>> {
        auto blob = session.open_blob("b", "bytes", 1);
        if (!blob) return blob.error();
        return session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    };
    BOOST_TEST((end_after(f.db, 40ms, counts_long) == errc::query_cancelled));
    BOOST_TEST(f.logged("slow query: WITH RECURSIVE n(i)") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
