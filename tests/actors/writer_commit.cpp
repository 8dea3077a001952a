// When a mutation is committed, acknowledged, and when it is not.
#include "fixture.hpp"

#include <sys/resource.h>

#include <csignal>

using namespace carrel;
using namespace carrel::testing;

BOOST_AUTO_TEST_SUITE(writer_commit)

BOOST_AUTO_TEST_CASE(what_arrives_during_a_commit_shares_the_next_one) {
    fixture f;
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> sent;
    for (int i = 0; i < 50; ++i) sent.push_back(send(f.db, add_thing("n" + std::to_string(i))));
    const auto syncs_before = fault_vfs::syncs.load();
    held.release();
    const auto sequence = sent.front().get().value().sequence;
    for (std::size_t i = 1; i < sent.size(); ++i) BOOST_TEST(sent[i].get().value().sequence == sequence);
    BOOST_TEST(f.db.stats().writer.batches == 1u);
    // One for the commit; the first after a WAL reset syncs its header as well.
    BOOST_TEST(fault_vfs::syncs.load() - syncs_before <= 2);
}

BOOST_AUTO_TEST_CASE(a_batch_of_one_switches_group_commit_off) {
    fixture f([](options& o) { o.batch_jobs_max = 1; });
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> sent;
    for (int i = 0; i < 10; ++i) sent.push_back(send(f.db, add_thing("n" + std::to_string(i))));
    held.release();
    std::uint64_t last = 0;
    for (auto& one : sent) {
        const auto sequence = one.get().value().sequence;
        BOOST_TEST(sequence > last);
        last = sequence;
    }
    BOOST_TEST(f.db.stats().writer.batches == 10u);
}

BOOST_AUTO_TEST_CASE(a_batch_is_bounded_by_bytes) {
    fixture f([](options& o) { o.batch_bytes_max = 64 << 10; });
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> sent;
    for (int i = 0; i < 4; ++i) sent.push_back(send(f.db, add_thing("n" + std::to_string(i)), {.bytes = 40 << 10}));
    held.release();
    for (auto& one : sent) one.get().value();
    BOOST_TEST(f.db.stats().writer.batches == 4u);
}

BOOST_AUTO_TEST_CASE(full_durability_syncs_once_a_batch_and_normal_never) {
    fixture f;
    write(f.db, add_thing("warm")).value();
    auto before = fault_vfs::syncs.load();
    write(f.db, add_thing("full")).value();
    BOOST_TEST(fault_vfs::syncs.load() - before == 1);
    before = fault_vfs::syncs.load();
    write(f.db, add_thing("normal"), {.durability = durability::normal}).value();
    BOOST_TEST(fault_vfs::syncs.load() - before == 0);
}

BOOST_AUTO_TEST_CASE(a_batch_is_as_durable_as_its_most_demanding_job) {
    fixture f;
    write(f.db, add_thing("warm")).value();
    held_writer held(f.db);
    auto normal = send(f.db, add_thing("normal"), {.durability = durability::normal});
    auto full = send(f.db, add_thing("full"), {.durability = durability::full});
    const auto before = fault_vfs::syncs.load();
    held.release();
    normal.get().value();
    full.get().value();
    BOOST_TEST(fault_vfs::syncs.load() - before == 1);
}

BOOST_AUTO_TEST_CASE(an_acknowledged_write_is_seen_by_the_next_read) {
    fixture f;
    for (int i = 1; i <= 200; ++i) {
        write(f.db, add_thing("n" + std::to_string(i))).value();
        BOOST_REQUIRE(f.count("SELECT count(*) FROM thing") == i);
    }
}

BOOST_AUTO_TEST_CASE(the_commit_sequence_grows_across_a_restart) {
    fixture f;
    const auto first = write(f.db, add_thing("a")).value().sequence;
    const auto second = write(f.db, add_thing("b")).value().sequence;
    BOOST_TEST(second == first + 1);
    BOOST_TEST(f.db.stop().has_value());
    f.db = f.open([](options&) {});
    BOOST_TEST(f.db.stats().writer.commit_sequence == second);
    BOOST_TEST(write(f.db, add_thing("c")).value().sequence == second + 1);
}

BOOST_AUTO_TEST_CASE(a_batch_of_failures_commits_nothing) {
    fixture f;
    const auto before = f.db.stats().writer;
    auto failed = write(f.db, add_thing("bad", -1));
    BOOST_TEST(failed.has_error());
    BOOST_TEST(f.db.stats().writer.batches == before.batches);
    BOOST_TEST(f.db.stats().writer.commit_sequence == before.commit_sequence);
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_to_write_is_a_definite_failure) {
    fixture f;
    write(f.db, add_thing("before")).value();
    fault_vfs::fail_wal_write = true;
    auto failed = write(f.db, add_thing("lost"));
    fault_vfs::heal();
    BOOST_REQUIRE(failed.has_error());
    BOOST_TEST((failed.error().code().category() == sqlite_category()));
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'lost'") == 0);
    BOOST_TEST(!f.db.stats().writer.poisoned);
    write(f.db, add_thing("lost")).value();
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_the_write_and_heals_by_itself) {
    fixture f;
    write(f.db, add_thing("before")).value();
    fault_vfs::wal_disk_full = true;
    auto failed = write(f.db, add_thing("later"));
    BOOST_TEST((failed.error() == sqlite_errc::full));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
    fault_vfs::heal();
    write(f.db, add_thing("later")).value();
}

// SQLite calls a disk full by ENOSPC alone; here it is EFBIG.
BOOST_AUTO_TEST_CASE(a_write_beyond_the_limit_of_a_files_size_finds_the_storage_full) {
    fixture f;
    auto* const before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limits{};
    getrlimit(RLIMIT_FSIZE, &limits);
    const auto unlimited = limits.rlim_cur;
    limits.rlim_cur = 512 << 10;
    setrlimit(RLIMIT_FSIZE, &limits);
    const auto refused = write(f.db, add_thing(std::string(2 << 20, 'x')));
    limits.rlim_cur = unlimited;
    setrlimit(RLIMIT_FSIZE, &limits);
    std::signal(SIGXFSZ, before);
    BOOST_TEST((refused.error() == sqlite_errc::full));
    BOOST_TEST(write(f.db, add_thing("small")).has_value());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_in_fsync_is_unknown_and_the_writer_acknowledges_nothing_more) {
    fixture f;
    write(f.db, add_thing("before")).value();
    held_writer held(f.db);
    auto one = send(f.db, add_thing("one"));
    auto two = send(f.db, add_thing("two"));
    fault_vfs::fail_wal_sync = true;
    held.release();
    BOOST_TEST((one.get().error() == errc::outcome_unknown));
    BOOST_TEST((two.get().error() == errc::outcome_unknown));
    fault_vfs::heal();
    BOOST_TEST(f.db.stats().writer.poisoned);
    BOOST_TEST((write(f.db, add_thing("three")).error() == errc::writer_poisoned));
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'before'") == 1);
    BOOST_TEST((f.db.stop().error() == errc::outcome_unknown));
}

BOOST_AUTO_TEST_SUITE_END()
