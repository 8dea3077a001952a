// Reads and writes of many clients, on shards and off them, against a sequential model.
#include "faults/history_check.hpp"
#include "support/harness.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <deque>
#include <random>
#include <set>
#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::array schema{
    migration{1, "slots",
              "CREATE TABLE counter(one INTEGER PRIMARY KEY CHECK(one = 1), count INTEGER NOT NULL);"
              "INSERT INTO counter VALUES(1, 0);"
              "CREATE TABLE slot(number INTEGER PRIMARY KEY, held INTEGER NOT NULL);"
              "INSERT INTO slot SELECT value, 0 FROM json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]');"
              "CREATE TABLE tripwire(id INTEGER PRIMARY KEY);"
              "CREATE TRIGGER trip BEFORE INSERT ON tripwire BEGIN SELECT raise(ROLLBACK, 'tripped'); END;"}};

enum class ending { good, undone, takes_transaction };

result<std::int64_t> write_slot(write_session& session, std::size_t slot, std::int64_t held, ending end) {
    auto counted = session.first_integer("SELECT count + 1 FROM counter");
    if (!counted) return counted.error();
    if (auto done = session.execute("UPDATE counter SET count = ?", **counted); !done) return done.error();
    if (auto done = session.execute("UPDATE slot SET held = ? WHERE number = ?", held, slot); !done)
        return done.error();
    if (end == ending::undone) return error(errc::cancelled);
    if (end == ending::takes_transaction)
        if (auto done = session.execute("INSERT INTO tripwire VALUES(1)"); !done) return done.error();
    return **counted;
}

struct view {
    std::int64_t count = 0;
    slot_values seen{};
};

result<view> read_slots(read_session& session, int depth) {
    view found;
    auto counted = session.first_integer("SELECT count FROM counter");
    if (!counted) return counted.error();
    found.count = **counted;
    if (depth > 0) {  // outgrows a resident's budget between two looks at the state
        auto steps = session.first_integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n",
            depth);
        if (!steps) return steps.error();
    }
    auto rows = session.prepare("SELECT number, held FROM slot");
    if (!rows) return rows.error();
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return found;
        found.seen[static_cast<std::size_t>(rows->integer(0))] = rows->integer(1);
    }
}

struct shared_clock {
    std::atomic<std::uint64_t> ticks{0};
    std::uint64_t now() { return ++ticks; }
};

// What one client asks for, from its own seed.
class client_script {
public:
    client_script(std::uint64_t seed, std::size_t number, std::size_t operations)
        : random_(seed + 7919 * number),
          number_(number),
          left_(operations) {}

    struct step {
        operation of;
        ending end = ending::good;
        int depth = 0;
    };
    std::optional<step> next() {
        if (left_ == 0) return std::nullopt;
        --left_;
        step made;
        made.of.client = number_;
        made.of.is_write = random_() % 10 < 4;
        made.of.slot = random_() % slots;
        made.of.written = static_cast<std::int64_t>(number_ * 1'000'000 + left_ + 1);
        const auto luck = random_() % 20;
        if (luck == 0) made.end = ending::undone;
        if (luck == 1) made.end = ending::takes_transaction;
        if (luck > 17) made.depth = 20'000;
        return made;
    }

private:
    std::mt19937_64 random_;
    std::size_t number_;
    std::size_t left_;
};

// Sends through completion handlers on `executor`, with up to `in_flight` operations under way.
class asynchronous_client {
public:
    asynchronous_client(database& db, shared_clock& clock, client_script script, boost::asio::any_io_executor executor,
                        std::size_t in_flight)
        : db_(db),
          clock_(clock),
          script_(std::move(script)),
          executor_(std::move(executor)),
          in_flight_(in_flight) {}

    void begin() {
        for (std::size_t i = 0; i < in_flight_; ++i) boost::asio::post(executor_, [this] { next(); });
    }
    const std::vector<operation>& history() const { return history_; }
    std::size_t failed() const { return failed_; }

private:
    void next() {
        auto step = script_.next();
        if (!step) return;
        auto made = *step;
        made.of.sent = clock_.now();
        if (made.of.is_write) {
            auto handler = [this, made](const result<committed<std::int64_t>>& r) mutable {
                if (r) made.of.count = r->value, made.of.sequence = r->sequence;
                keep(made, r.has_value());
            };
            db_.async_write(work(write_slot, made.of.slot, made.of.written, made.end),
                            as_result(boost::asio::bind_executor(executor_, std::move(handler))));
        } else {
            auto handler = [this, made](const result<view>& r) mutable {
                if (r) made.of.count = r->count, made.of.seen = r->seen;
                keep(made, r.has_value());
            };
            db_.async_read(work(read_slots, made.depth),
                           as_result(boost::asio::bind_executor(executor_, std::move(handler))));
        }
    }
    void keep(client_script::step& made, bool is_good) {
        made.of.answered = clock_.now();
        if (is_good) history_.push_back(made.of);
        else ++failed_;
        next();
    }

    database& db_;
    shared_clock& clock_;
    client_script script_;
    boost::asio::any_io_executor executor_;
    std::size_t in_flight_;
    std::vector<operation> history_;
    std::size_t failed_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(model_check_finds_what_it_looks_for) {
    slot_values one{}, two{};
    one[3] = 7;
    two = one, two[3] = 8;
    const operation first{0, 1, 4, true, 1, 3, 7, {}};
    const operation second{1, 5, 8, true, 2, 3, 8, {}};
    const auto read = [](std::uint64_t sent, std::uint64_t answered, std::int64_t count, const slot_values& seen) {
        return operation{2, sent, answered, false, count, 0, 0, seen};
    };
    BOOST_TEST(contradictions({first, second, read(2, 3, 0, {}), read(6, 7, 1, one), read(9, 10, 2, two)}).empty());
    BOOST_TEST(contradictions({first, second, read(9, 10, 1, one)}).size() == 1u);                      // stale
    BOOST_TEST(contradictions({first, second, read(6, 7, 2, one)}).size() == 1u);                       // mixed
    BOOST_TEST(contradictions({first, second, read(6, 7, 2, two), read(9, 10, 1, one)}).size() == 1u);  // backwards
    BOOST_TEST(contradictions({first, read(2, 3, 2, two)}).size() == 1u);                               // not written
    BOOST_TEST(contradictions({first, {1, 5, 8, true, 1, 3, 8, {}}}).size() >= 1u);                     // twice
    BOOST_TEST(contradictions({{1, 1, 2, true, 2, 3, 8, {}}, {0, 3, 4, true, 1, 3, 7, {}}}).size() >= 1u);  // reversed
    BOOST_TEST(contradictions({{1, 1, 9, true, 2, 3, 8, {}}, {1, 2, 8, true, 1, 3, 7, {}}}).size() == 1u);  // overtaken
    BOOST_TEST(contradictions({{0, 1, 2, true, 1, 3, 7, {}, 9}, {0, 3, 4, true, 2, 3, 8, {}, 8}}).size() ==
               1u);  // number
}

BOOST_AUTO_TEST_CASE(model) {
    harness_settings settings("model");
    const auto seed = settings.number("seed", std::random_device()());
    const auto operations = settings.number("operations", 1'500);  // a client
    settings.tell();

    temp_directory directory;
    auto db = std::move(database::open({.path = directory.file("model.db"),
                                        .migrations = schema,
                                        .read_budget = std::chrono::microseconds(500),
                                        .background_nice = 0,
                                        // wal_bound.cpp is about its bound. A canary that keeps snapshots would meet it
                                        // here, and readers would wait for that one for ever.
                                        .wal_soft_bytes = 512 << 20,
                                        .wal_hard_bytes = 1'024 << 20})
                            .value());
    shared_clock clock;
    std::deque<asynchronous_client> clients;
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
    std::vector<shard> shards;
    std::size_t number = 0;
    const auto add = [&](boost::asio::io_context& context, std::size_t in_flight) {
        clients.emplace_back(db, clock, client_script(seed, number++, operations), context.get_executor(), in_flight);
    };
    for (int i = 0; i < 3; ++i) {  // the last one is no shard: its reads go to background readers
        auto& context = *contexts.emplace_back(std::make_unique<boost::asio::io_context>(1));
        if (i < 2) shards.push_back(shard::attach(db, context).value());
        for (const std::size_t in_flight : {1, 1, 1, 1, 4, 4}) add(context, in_flight);
    }
    for (auto& one : clients) one.begin();
    {
        std::vector<std::jthread> threads;
        for (auto& context : contexts) threads.emplace_back([&context] { context->run(); });
    }
    const auto stats = db.stats();  // a shard's counters go with it
    shards.clear();
    (void)db.stop();  // an actor may still be inside its post to a context

    std::vector<operation> history;
    std::size_t failed = 0;
    for (const auto& one : clients) {
        history.insert(history.end(), one.history().begin(), one.history().end());
        failed += one.failed();
    }
    const auto found = contradictions(history);
    for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 10); ++i)
        std::cout << "violation: " << found[i] << std::endl;
    std::cout << "model: " << history.size() << " operations of " << clients.size() << " clients and " << failed
              << " failed ones, " << stats.writer.batches << " commits, " << stats.writer.reruns << " re-runs, "
              << stats.readers.batches << " snapshots, " << stats.readers.budget_overruns + stats.readers.known_deep
              << " reads handed on, " << stats.readers.steals << " stolen: " << found.size() << " violations"
              << std::endl;
    BOOST_TEST(found.size() == 0u);
    // It must have met what it is for.
    BOOST_TEST(history.size() + failed == clients.size() * operations);
    BOOST_TEST(stats.writer.reruns > 0u);
    std::set<std::uint64_t> commits;
    std::size_t writes = 0, reads = 0;
    for (const auto& one : history) ++(one.is_write ? writes : reads);
    for (const auto& one : history)
        if (one.is_write) commits.insert(one.sequence);
    BOOST_TEST(stats.writer.batches == commits.size());
    BOOST_TEST(commits.size() < writes);
    // A read began a run once, and once more each time that it was handed on: as many snapshots, if none were shared.
    const auto handed_on = stats.readers.budget_overruns + stats.readers.known_deep;
    BOOST_TEST(stats.readers.jobs - stats.readers.jobs_failed == reads);
    BOOST_TEST(stats.readers.batches < stats.readers.jobs + handed_on);
    BOOST_TEST(handed_on > 0u);
}
