// How long a backup keeps checkpoints from the file, by a clock that the test moves.
#include "actors/backup_tracker.hpp"
#include "fixture.hpp"
#include "sqlite/connection.hpp"

using namespace carrel;
using namespace carrel::detail;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

// The writer and the backup take turns on this thread.
struct tracked_file {
    tracked_file()
        : tracker([this] { turn(); }, [this] { return now; }) {
        { database::open({.path = directory.file("test.db"), .migrations = schema}).value().stop().value(); }
        writer = sqlite::connection::open(directory.file("test.db"),
                                          sqlite::profile_of(options(), sqlite::role::writer), busy)
                     .value();
    }
    ~tracked_file() { tracker.end(); }

    void turn() { tracker.take_turn(*writer, ++sequence, std::nullopt); }
    void commit() {
        writer->begin().value();
        write_session session(*writer);
        session.execute("INSERT INTO thing(name) VALUES(hex(randomblob(8)))").value();
        writer->commit().value();
        turn();
    }
    void begin_backup() { BOOST_TEST_REQUIRE(tracker.begin({}).value().is_all); }
    /// The last pages are read from here on.
    void hold() {
        commit();
        BOOST_TEST_REQUIRE(tracker.look(pages_max, {}).value().is_held);
    }
    bool defers() { return tracker.defers_checkpoint(0, soft_bytes); }
    void checkpoint() {
        tracker.before_checkpoint(*writer);
        tracker.after_checkpoint(writer->checkpoint(sqlite::checkpoint_mode::passive).value().log_frames);
    }
    /// Goes on with what runs until a checkpoint is let in, and answers after how long.
    std::chrono::milliseconds time_of_hold() {
        const auto begun = now;
        while (defers()) now += 1ms;
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - begun);
    }

    static constexpr std::size_t pages_max = 100, soft_bytes = 1'000'000;
    temp_directory directory;
    std::atomic<std::uint64_t> busy{0};
    std::unique_ptr<sqlite::connection> writer;
    std::uint64_t sequence = 0;
    backup_tracker::clock::time_point now{1h};
    backup_tracker tracker;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(holds_of_a_backup)

BOOST_AUTO_TEST_CASE(a_hold_lasts_longer_each_time_that_a_checkpoint_ends_it_up_to_a_bound) {
    tracked_file f;
    f.begin_backup();
    for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1'600ms, 2'000ms, 2'000ms}) {
        f.hold();
        BOOST_TEST(f.time_of_hold().count() == expected.count());
        f.checkpoint();
    }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_ends_a_hold_and_the_backup_learns_of_it) {
    tracked_file f;
    f.begin_backup();
    f.hold();
    BOOST_TEST(f.defers());
    f.checkpoint();
    BOOST_TEST(!f.defers());
    BOOST_TEST(!f.tracker.release());
}

BOOST_AUTO_TEST_CASE(who_holds_lets_go_and_the_next_hold_is_no_longer_for_it) {
    tracked_file f;
    f.begin_backup();
    for (int i = 0; i < 3; ++i) {
        f.hold();
        BOOST_TEST(f.defers());
        BOOST_TEST(f.tracker.release());
        BOOST_TEST(!f.defers());
        f.checkpoint();
    }
    f.hold();
    BOOST_TEST(f.time_of_hold().count() == 100);
}

BOOST_AUTO_TEST_CASE(nothing_is_held_without_a_hold_nor_after_the_backup) {
    tracked_file f;
    BOOST_TEST(!f.defers());
    f.begin_backup();
    BOOST_TEST(!f.defers());
    f.hold();
    f.tracker.end();
    BOOST_TEST(!f.defers());
    f.begin_backup();
    BOOST_TEST(!f.defers());
}

BOOST_AUTO_TEST_CASE(each_backup_begins_with_the_shortest_hold) {
    tracked_file f;
    for (int i = 0; i < 2; ++i) {
        f.begin_backup();
        f.hold();
        BOOST_TEST(f.time_of_hold().count() == 100);
        f.checkpoint();
        f.tracker.end();
    }
}

BOOST_AUTO_TEST_CASE(a_log_at_its_soft_cap_waits_for_no_hold) {
    tracked_file f;
    f.begin_backup();
    f.hold();
    BOOST_TEST(f.tracker.defers_checkpoint(f.soft_bytes - 1, f.soft_bytes));
    BOOST_TEST(!f.tracker.defers_checkpoint(f.soft_bytes, f.soft_bytes));
}

BOOST_AUTO_TEST_CASE(more_pages_than_can_be_held_are_not) {
    tracked_file f;
    f.begin_backup();
    f.commit();
    BOOST_TEST(!f.tracker.look(0, {}).value().is_held);
    BOOST_TEST(!f.defers());
}

BOOST_AUTO_TEST_SUITE_END()
