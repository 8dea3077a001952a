// What the counters say of a load that is known.
#include "fixture.hpp"

#include <numeric>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::int64_t rows = 2'000, row_bytes = 4'000;

std::uint64_t counted(const wait_histogram& times) {
    return std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
}

// More than the smallest page cache holds.
result<void> add_many(write_session& session) {
    return session.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO thing(name) SELECT printf('%06d', i) || hex(zeroblob(?)) FROM n",
        rows, row_bytes / 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stats)

BOOST_AUTO_TEST_CASE(each_commit_is_timed_once) {
    fixture f;
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) write(f.db, add_thing(std::to_string(i))).value();
    // Neither of these commits anything.
    write(f.db, [](write_session&) -> result<void> { return {}; }).value();
    BOOST_TEST(write(f.db, add_thing("0")).has_error());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const auto writer = f.db.stats().writer;
    BOOST_TEST(writer.batches == 20u);
    BOOST_TEST(counted(writer.commits) == 20u);
    BOOST_TEST(writer.commits.seconds_total > 0);
    BOOST_TEST(writer.commits.seconds_total < took.count());
}

BOOST_AUTO_TEST_CASE(each_checkpoint_is_timed_once) {
    fixture f;
    const auto before = f.db.stats().writer;
    for (int i = 0; i < 5; ++i) {
        write(f.db, add_thing(std::to_string(i))).value();
        f.db.async_checkpoint(as_result(boost::asio::use_future)).get().value();
    }
    const auto after = f.db.stats().writer;
    BOOST_TEST(after.checkpoints - before.checkpoints >= 5u);
    BOOST_TEST(counted(after.checkpoint_times) == after.checkpoints);
    BOOST_TEST(after.checkpoint_times.seconds_total > before.checkpoint_times.seconds_total);
}

BOOST_AUTO_TEST_CASE(the_writers_page_cache_is_counted) {
    fixture f;
    write(f.db, add_many).value();
    const auto cache = f.db.stats().write.cache;
    BOOST_TEST(cache.pages_written >= static_cast<std::uint64_t>(rows * row_bytes) / 4096);
    BOOST_TEST(cache.pages_written < static_cast<std::uint64_t>(rows * row_bytes) / 4096 * 4);
    BOOST_TEST(cache.bytes > static_cast<std::uint64_t>(rows * row_bytes));
    BOOST_TEST(cache.hits > static_cast<std::uint64_t>(rows));
}

BOOST_AUTO_TEST_CASE(readers_page_caches_are_counted) {
    fixture f([](options& o) {
        o.readers_max = 1, o.readers_idle = 1, o.background_cache_kib = 256;
        o.reader_idle_time = std::chrono::milliseconds(200);
    });
    write(f.db, add_many).value();
    const auto read_all = [&] { return f.count("SELECT count(*) FROM thing WHERE name GLOB '*z*'"); };
    const auto pages = static_cast<std::uint64_t>(rows * row_bytes) / 4096;
    BOOST_TEST(read_all() == 0);
    // A snapshot is counted when it ends, which is after its reads have been answered.
    BOOST_TEST(eventually([&] { return f.db.stats().read.cache.misses >= pages; }));
    // The cache is smaller than the table: what is read again is missed again.
    BOOST_TEST(eventually([&] { return read_all() == 0 && f.db.stats().read.cache.misses >= 2 * pages; }));
    BOOST_TEST(f.db.stats().read.cache.pages_written == 0u);
    // What a closed connection has counted stays; its memory does not.
    BOOST_TEST(eventually([&] { return f.db.stats().read.closed_idle_time >= 1u; }));
    BOOST_TEST(f.db.stats().read.cache.misses >= 2 * pages);
    BOOST_TEST(eventually([&] { return f.db.stats().read.cache.bytes == 0u; }));
}

BOOST_AUTO_TEST_SUITE_END()
