// Checkpoints and the size of the WAL.
#include "ended_read.hpp"
#include "fixture.hpp"

#include <filesystem>

using namespace carrel;
using namespace carrel::testing;

namespace {

auto add_bulk(int rows) {
    return [rows](write_session& session) -> result<void> {
        for (int i = 0; i < rows; ++i)
            if (auto done = session.execute("INSERT INTO thing(name) VALUES(hex(randomblob(500)))"); !done) return done;
        return {};
    };
}

// A read that holds its snapshot inside SQLite, where it can be interrupted.
result<std::optional<std::int64_t>> hold_snapshot(read_session& session) {
    return session.first_integer(
        "WITH RECURSIVE n(i) AS (SELECT count(*) FROM thing UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
}

// A WAL that grows as fast as it is written: a disk that is slow to sync would keep it small for longer than a test waits.
void grow_without_syncs(options& o, std::size_t soft_bytes) {
    o.checkpoint_frames = 20;
    o.wal_soft_bytes = soft_bytes;
    o.default_durability = durability::normal;
}

std::uintmax_t wal_file_bytes(fixture& f) { return std::filesystem::file_size(f.directory.file("test.db-wal")); }

}  // namespace

BOOST_AUTO_TEST_SUITE(wal)

BOOST_AUTO_TEST_CASE(the_writer_checkpoints_between_batches) {
    fixture f([](options& o) { o.checkpoint_frames = 50; });
    for (int i = 0; i < 40; ++i) write(f.db, add_bulk(20)).value();
    const auto stats = f.db.stats().writer;
    BOOST_TEST(stats.checkpoints >= 3u);
    BOOST_TEST(stats.checkpoint_errors == 0u);
    BOOST_TEST(wal_file_bytes(f) < (1u << 20));
}

BOOST_AUTO_TEST_CASE(a_failed_checkpoint_is_counted_and_logged_and_nothing_is_lost) {
    fixture f([](options& o) { o.checkpoint_frames = 10; });
    fault_vfs::fail_main_write = true;
    for (int i = 0; i < 5; ++i) write(f.db, add_bulk(20)).value();
    BOOST_TEST(eventually([&] { return f.db.stats().writer.checkpoint_errors >= 1u; }));
    BOOST_TEST(f.logged("checkpoint failed") >= 1u);
    fault_vfs::heal();
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 100);
}

BOOST_AUTO_TEST_CASE(the_reader_that_holds_the_wal_beyond_its_hard_cap_is_interrupted) {
    fixture f([](options& o) { grow_without_syncs(o, 64 << 10), o.wal_hard_bytes = 512 << 10; });
    auto held =
        f.db.async_read(hold_snapshot, {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    BOOST_TEST(eventually([&] {
        write(f.db, add_bulk(20)).value();
        return held.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    BOOST_TEST((held.get().error() == errc::snapshot_too_old));
    BOOST_TEST(f.db.stats().readers.snapshots_interrupted == 1u);
}

BOOST_AUTO_TEST_CASE(above_the_soft_cap_new_background_reads_wait_until_the_wal_is_clear) {
    fixture f([](options& o) { grow_without_syncs(o, 128 << 10); });
    auto held =
        f.db.async_read(hold_snapshot, {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    BOOST_TEST(eventually([&] {
        write(f.db, add_bulk(20)).value();
        return f.db.stats().writer.wal_bytes > (256u << 10);
    }));
    auto waiting = f.db.async_read([](read_session& session) { return session.first_integer("SELECT 1"); },
                                   {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
    BOOST_TEST((waiting.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout));
    // Nothing but the held snapshot keeps the WAL; its end lets the writer clear it and the other read begin.
    BOOST_TEST(end_running_read(f.db));
    BOOST_TEST((held.get().error() == errc::query_cancelled));
    BOOST_TEST(waiting.get().has_value());
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_the_wal_is_told_when_its_deadline_passes) {
    fixture f([](options& o) { grow_without_syncs(o, 128 << 10); });
    auto held =
        f.db.async_read(hold_snapshot, {.deadline = std::chrono::seconds(60)}, as_result(boost::asio::use_future));
    BOOST_TEST(eventually([&] { return f.db.stats().read.in_use == 1u; }));
    BOOST_TEST(eventually([&] {
        write(f.db, add_bulk(20)).value();
        return f.db.stats().writer.wal_bytes > (256u << 10);
    }));
    auto waiting = read(f.db, [](read_session& session) { return session.first_integer("SELECT 1"); },
                        {.deadline = std::chrono::milliseconds(50)});
    BOOST_TEST((waiting.error() == errc::deadline_exceeded));
    BOOST_TEST((held.wait_for(std::chrono::seconds(0)) == std::future_status::timeout));
    BOOST_TEST(end_running_read(f.db));
    held.wait();
}

BOOST_AUTO_TEST_CASE(readers_are_not_held_up_when_it_is_the_disk_that_keeps_the_wal) {
    fixture f([](options& o) { o.checkpoint_frames = 20, o.wal_soft_bytes = 64 << 10, o.wal_hard_bytes = 128 << 10; });
    fault_vfs::fail_main_write = true;
    for (int i = 0; i < 20; ++i) write(f.db, add_bulk(20)).value();
    BOOST_TEST(eventually([&] { return f.db.stats().writer.wal_bytes > (256u << 10); }));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 400);
    fault_vfs::heal();
}

BOOST_AUTO_TEST_CASE(an_idle_writer_cuts_a_large_wal_file) {
    fixture f([](options& o) { o.checkpoint_frames = 100'000; });
    for (int i = 0; i < 12; ++i) write(f.db, add_bulk(1000)).value();
    BOOST_TEST(eventually([&] { return wal_file_bytes(f) == 0; }));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 12000);
}

BOOST_AUTO_TEST_CASE(stop_leaves_the_database_in_one_file) {
    fixture f;
    write(f.db, add_bulk(10)).value();
    BOOST_TEST(f.db.stop().has_value());
    BOOST_TEST(!std::filesystem::exists(f.directory.file("test.db-wal")));
    BOOST_TEST(!std::filesystem::exists(f.directory.file("test.db.lock")));
}

BOOST_AUTO_TEST_SUITE_END()
