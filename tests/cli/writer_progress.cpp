#include "cli/writer_progress.hpp"

#include <boost/test/unit_test.hpp>

using carrel::writer_stats;
using carrel::cli::writer_progress;
using namespace std::chrono_literals;

namespace {

constexpr auto begin = writer_progress::time_point(1h);

writer_stats after(std::uint64_t jobs, std::uint64_t waiting) {
    writer_stats stats;
    stats.jobs = jobs;
    stats.queue_jobs = waiting;
    return stats;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress_of_the_writer)

BOOST_AUTO_TEST_CASE(with_nothing_to_do_it_moves_however_long) {
    writer_progress progress(60s, begin);
    BOOST_TEST(progress.moves(after(0, 0), begin));
    BOOST_TEST(progress.moves(after(0, 0), begin + 2h));
}

BOOST_AUTO_TEST_CASE(while_jobs_wait_some_must_be_done_in_time) {
    writer_progress progress(60s, begin);
    BOOST_TEST(progress.moves(after(5, 0), begin));
    BOOST_TEST(progress.moves(after(5, 1), begin + 59s));
    BOOST_TEST(!progress.moves(after(5, 1), begin + 60s));
    BOOST_TEST(progress.moves(after(6, 1), begin + 61s));
    BOOST_TEST(progress.moves(after(6, 1), begin + 120s));
    BOOST_TEST(!progress.moves(after(6, 900), begin + 121s));
    BOOST_TEST(progress.moves(after(6, 0), begin + 122s));
}

BOOST_AUTO_TEST_CASE(the_time_begins_when_something_waits) {
    writer_progress progress(60s, begin);
    BOOST_TEST(progress.moves(after(0, 0), begin));
    BOOST_TEST(progress.moves(after(0, 0), begin + 10h));
    BOOST_TEST(progress.moves(after(0, 1), begin + 10h + 1s));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_work_too) {
    writer_progress progress(60s, begin);
    auto stats = after(5, 1);
    BOOST_TEST(progress.moves(stats, begin));
    ++stats.checkpoints;
    BOOST_TEST(progress.moves(stats, begin + 2h));
}

BOOST_AUTO_TEST_CASE(one_that_refuses_every_write_does_not_move) {
    writer_progress progress(60s, begin);
    writer_stats stats;
    stats.poisoned = true;
    BOOST_TEST(!progress.moves(stats, begin));
}

BOOST_AUTO_TEST_SUITE_END()
