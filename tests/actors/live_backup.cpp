// Copies of a database that is written all the while.
#include "fixture.hpp"
#include "sqlite/check.hpp"
#include "support/plain_sqlite.hpp"

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

// Each write is one row, or as many as are wanted, numbered from 1.
result<std::int64_t> add_rows(write_session& session, int rows, int bytes) {
    for (int i = 0; i < rows; ++i)
        if (auto done = session.execute("INSERT INTO thing(name, size) SELECT hex(randomblob(?)) || (count(*) + 1), "
                                        "count(*) + 1 FROM thing",
                                        bytes);
            !done)
            return done.error();
    auto last = session.first_integer("SELECT max(id) FROM thing");
    if (!last) return last.error();
    return last->value_or(0);
}

struct live_fixture : fixture {
    explicit live_fixture(const std::function<void(options&)>& change = [](options&) {})
        : fixture(change) {
        write(db, [](write_session& session) {
            return session.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                "INSERT INTO thing(id, name, size) SELECT i, hex(randomblob(400)), i FROM n");
        }).value();
    }

    result<backup_report> copy(backup_options wanted = {}, const std::string& name = "copy.db") {
        return db.async_backup(copies.file(name), std::move(wanted), as_result(boost::asio::use_future)).get();
    }

    /// Of the copy: rows, their numbers without a hole, the last commit.
    void check(const backup_report& report, std::int64_t rows_min, const std::string& name = "copy.db") {
        plain_sqlite file(copies.file(name));
        BOOST_TEST(file.text("PRAGMA integrity_check") == "ok");
        BOOST_TEST(file.text("SELECT sequence FROM carrel_commit") == std::to_string(report.commit_sequence));
        BOOST_TEST(file.text("SELECT count(*) = max(id) FROM thing") == "1");
        BOOST_TEST(std::stoll(file.text("SELECT count(*) FROM thing")) >= rows_min);
        BOOST_TEST(file.text("SELECT user_version & 65536 FROM pragma_user_version") == "0");
        BOOST_TEST(report.pages * 4096 == report.bytes);
    }
    temp_directory copies;
};

// The backup's own thread must not wait for the database.
template <class Step>
void elsewhere(Step step) {
    std::async(std::launch::async, std::move(step)).get();
}

// Writes without a pause on a thread of its own, as long as it lives.
class writing {
public:
    writing(database& db, int rows, int bytes)
        : thread_([this, &db, rows, bytes](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  const auto done = write(db, [rows, bytes](write_session& s) { return add_rows(s, rows, bytes); });
                  if (done) acknowledged_ = done->value;
                  else ++failed_;
              }
          }) {}
    std::int64_t acknowledged() const { return acknowledged_; }
    int failed() const { return failed_; }

private:
    std::atomic<std::int64_t> acknowledged_{0};
    std::atomic<int> failed_{0};
    std::jthread thread_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(live_backups)

BOOST_AUTO_TEST_CASE(a_copy_under_writes_is_what_one_commit_left) {
    // A WAL that is checkpointed all the time.
    for (const std::size_t frames : {8u, 64u, 4'096u}) {
        live_fixture f([&](options& o) { o.checkpoint_frames = frames; });
        writing load(f.db, 3, 700);
        for (int i = 0; i < 4; ++i) {
            const auto before = load.acknowledged();
            const auto name = std::to_string(i);
            const auto report = f.copy({}, name);
            BOOST_REQUIRE_MESSAGE(report.has_value(), report.error().message());
            f.check(*report, before, name);
        }
        BOOST_TEST(load.failed() == 0);
    }
}

// The step that changes a page between the first pass and the last.
BOOST_AUTO_TEST_CASE(what_is_committed_between_two_steps_is_in_the_copy) {
    live_fixture f([](options& o) { o.checkpoint_frames = 8; });
    int steps = 0;
    std::int64_t rows = 0;
    backup_options wanted;
    wanted.on_progress = [&](const backup_progress&) {
        if (++steps > 5) return;
        elsewhere([&] {
            rows = write(f.db, [](write_session& s) { return add_rows(s, 40, 700); }).value().value;
            write(f.db, [&](write_session& s) {
                return s.execute("UPDATE thing SET name = name || 'x' WHERE id % 100 = ?", steps);
            }).value();
            f.db.async_checkpoint(boost::asio::use_future).get();
        });
    };
    const auto report = f.copy(std::move(wanted));
    BOOST_REQUIRE(report.has_value());
    BOOST_TEST(steps > 5);
    BOOST_TEST(report->pages_copied > report->pages);
    f.check(*report, rows);
    plain_sqlite file(f.copies.file("copy.db"));
    for (int i = 1; i <= 5; ++i)
        BOOST_TEST(file.text("SELECT name LIKE '%x' FROM thing WHERE id = " + std::to_string(100 + i)) == "1");
}

// Also while the last pages are read: they are read again then.
BOOST_AUTO_TEST_CASE(a_checkpoint_at_any_step_shows_in_no_copy) {
    live_fixture f;
    int looks = 0;
    backup_options wanted;
    wanted.should_stop = [&] {
        if (++looks <= 40)
            elsewhere([&] {
                write(f.db, [](write_session& s) { return add_rows(s, 5, 700); }).value();
                f.db.async_checkpoint(boost::asio::use_future).get();
            });
        return false;
    };
    const auto report = f.copy(std::move(wanted));
    BOOST_REQUIRE(report.has_value());
    BOOST_TEST(looks > 15);
    f.check(*report, 3'000);
}

BOOST_AUTO_TEST_CASE(it_holds_no_snapshot_and_the_wal_stays_small) {
    live_fixture f([](options& o) {
        o.checkpoint_frames = 64;
        o.wal_soft_bytes = 1u << 20;
        o.wal_hard_bytes = 3u << 20;
    });
    std::uint64_t wal_max = 0, steps = 0;
    double oldest = 0;
    backup_options wanted;
    wanted.on_progress = [&](const backup_progress&) {
        if (++steps > 60) return;
        elsewhere([&] { write(f.db, [](write_session& s) { return add_rows(s, 50, 1'000); }).value(); });
        const auto stats = f.db.stats();
        wal_max = std::max(wal_max, stats.writer.wal_bytes);
        oldest = std::max(oldest, stats.readers.oldest_snapshot_seconds);
    };
    const auto report = f.copy(std::move(wanted));
    BOOST_REQUIRE(report.has_value());
    f.check(*report, 3'000);
    BOOST_TEST(wal_max < (2u << 20));
    BOOST_TEST(oldest < 0.001);
    BOOST_TEST(f.db.stats().readers.snapshots_interrupted == 0u);
}

BOOST_AUTO_TEST_CASE(a_file_that_shrinks_or_is_rebuilt_meanwhile_is_copied_right) {
    live_fixture f([](options& o) { o.auto_vacuum = vacuum_mode::incremental; });
    int steps = 0;
    backup_options wanted;
    wanted.on_progress = [&](const backup_progress&) {
        ++steps;
        elsewhere([&] {
            if (steps == 1)
                write(f.db, [](write_session& s) { return s.execute("DELETE FROM thing WHERE id > 500"); }).value();
            if (steps == 2)
                write(f.db, [](write_session& s) { return s.execute("PRAGMA incremental_vacuum(200)"); }).value();
            if (steps == 3) f.db.async_vacuum(boost::asio::use_future).get();
        });
    };
    const auto report = f.copy(std::move(wanted));
    BOOST_REQUIRE(report.has_value());
    BOOST_TEST(steps >= 3);
    f.check(*report, 500);
    BOOST_TEST(plain_sqlite(f.copies.file("copy.db")).text("SELECT count(*) FROM thing") == "500");
}

BOOST_AUTO_TEST_CASE(jobs_that_are_undone_do_not_begin_it_anew) {
    live_fixture f([](options& o) { o.checkpoint_frames = 16; });
    std::atomic<int> undone{0};
    std::jthread failing([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const auto done = write(f.db, [](write_session& s) -> result<void> {
                if (auto added = add_rows(s, 2, 700); !added) return added.error();
                return s.execute("INSERT INTO thing(name, size) VALUES('negative', -1)");
            });
            undone += done ? 0 : 1;
        }
    });
    writing load(f.db, 1, 700);
    const auto report = f.copy();
    BOOST_REQUIRE(report.has_value());
    f.check(*report, 3'000);
    BOOST_TEST(plain_sqlite(f.copies.file("copy.db")).text("SELECT count(*) FROM thing WHERE size < 0") == "0");
}

BOOST_AUTO_TEST_CASE(a_stop_of_it_leaves_nothing) {
    live_fixture f;
    for (const int after : {0, 1, 4}) {
        int looks = 0;
        backup_options wanted;
        wanted.should_stop = [&] { return looks++ >= after; };
        const auto stopped = f.copy(std::move(wanted));
        BOOST_TEST(stopped.error() == errc::cancelled);
        BOOST_TEST(std::filesystem::is_empty(f.copies.path()));
    }
    // What was broken off is in nobody's way.
    const auto report = f.copy();
    BOOST_REQUIRE(report.has_value());
    f.check(*report, 3'000);
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_found_wanting_does_not_get_its_name) {
    live_fixture f;
    std::int64_t seen = 0;
    backup_options wanted;
    wanted.verify = [&](const std::string& path) -> result<void> {
        const auto visit = [&](const sqlite::check_row& row) { return seen = row.integer(0), false; };
        sqlite::inspect_file(path, [&](const sqlite::check_query& rows, std::vector<std::string>&) {
            return rows("SELECT count(*) FROM thing", visit);
        }).value();
        return error(errc::not_a_carrel_database, "found wanting");
    };
    BOOST_TEST(f.copy(std::move(wanted)).error() == errc::not_a_carrel_database);
    BOOST_TEST(seen == 3'000);
    BOOST_TEST(std::filesystem::is_empty(f.copies.path()));
}

BOOST_AUTO_TEST_CASE(two_at_once_take_turns) {
    live_fixture f;
    writing load(f.db, 1, 700);
    auto first = f.db.async_backup(f.copies.file("1"), boost::asio::use_future);
    auto second = f.db.async_backup(f.copies.file("2"), boost::asio::use_future);
    f.check(first.get(), 3'000, "1");
    f.check(second.get(), 3'000, "2");
}

BOOST_AUTO_TEST_CASE(one_that_is_broken_off_while_it_waits_leaves_the_other_alone) {
    live_fixture f([](options& o) { o.checkpoint_frames = 16; });
    int steps = 0;
    backup_options first;
    first.on_progress = [&](const backup_progress&) {
        if (++steps != 1) return;
        elsewhere([&] {
            backup_options second;
            second.should_stop = [looks = 0]() mutable { return ++looks > 2; };
            BOOST_TEST(f.copy(std::move(second), "second").error() == errc::cancelled);
            write(f.db, [](write_session& s) { return s.execute("UPDATE thing SET name = name || 'x'"); }).value();
            f.db.async_checkpoint(boost::asio::use_future).get();
        });
    };
    const auto report = f.copy(std::move(first));
    BOOST_REQUIRE(report.has_value());
    f.check(*report, 3'000);
    BOOST_TEST(plain_sqlite(f.copies.file("copy.db")).text("SELECT count(*) FROM thing WHERE name LIKE '%x'") ==
               "3000");
}

BOOST_AUTO_TEST_CASE(a_stop_of_the_database_finishes_it_or_breaks_it_off) {
    for (const auto mode : {stop_mode::finish, stop_mode::cancel_reads}) {
        live_fixture f;
        std::promise<void> has_begun;
        std::atomic<int> steps{0};
        backup_options wanted;
        // It takes a while: more than a minute for the one that is broken off, whenever the stop comes.
        wanted.bytes_per_second_max = mode == stop_mode::finish ? 4u << 20 : 64u << 10;
        wanted.on_progress = [&](const backup_progress&) {
            if (++steps == 1) has_begun.set_value();
        };
        auto copied =
            f.db.async_backup(f.copies.file("copy.db"), std::move(wanted), as_result(boost::asio::use_future));
        has_begun.get_future().wait();
        BOOST_TEST(f.db.stop(mode).has_value());
        const auto report = copied.get();
        BOOST_TEST(report.has_value() == (mode == stop_mode::finish));
        if (report) f.check(*report, 3'000);
        else BOOST_TEST(std::filesystem::is_empty(f.copies.path()));
    }
}

BOOST_AUTO_TEST_SUITE_END()
