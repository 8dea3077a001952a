// The actors' decisions, with literals: no thread, no clock.
#include "actors/exhaustion.hpp"
#include "actors/probe.hpp"
#include "actors/read_costs.hpp"
#include "actors/reader_policy.hpp"
#include "actors/snapshot_registry.hpp"
#include "actors/writer_policy.hpp"
#include "fixture.hpp"
#include "sqlite/watch.hpp"

using namespace carrel;
using namespace carrel::detail;
using namespace std::chrono_literals;

namespace {
error sqlite_error(int code) { return error(make_error_code(static_cast<sqlite_errc>(code))); }
}  // namespace

BOOST_AUTO_TEST_SUITE(policy)

BOOST_AUTO_TEST_CASE(a_batch_ends_by_count_bytes_or_time) {
    const batch_limits limits{3, 100, 10ms};
    BOOST_TEST(takes_another({}, 0ms, 1000, limits));  // alone, anything runs
    BOOST_TEST(takes_another({.jobs = 2, .bytes = 50}, 9ms, 50, limits));
    BOOST_TEST(!takes_another({.jobs = 3}, 0ms, 0, limits));
    BOOST_TEST(!takes_another({.jobs = 1, .bytes = 60}, 0ms, 41, limits));
    BOOST_TEST(!takes_another({.jobs = 1, .bytes = 60}, 0ms, SIZE_MAX, limits));
    BOOST_TEST(!takes_another({.jobs = 1}, 10ms, 0, limits));
}

BOOST_AUTO_TEST_CASE(normal_jobs_go_first_and_each_batch_has_room_for_one_bulk_job) {
    BOOST_TEST((choose_lane(false, false, {}) == lane::none));
    BOOST_TEST((choose_lane(true, false, {}) == lane::normal));
    BOOST_TEST((choose_lane(false, true, {}) == lane::bulk));
    // Two normal jobs waited when the batch began: the bulk job comes after them, whoever arrives meanwhile.
    BOOST_TEST((choose_lane(true, true, {.jobs = 1, .normal_at_start = 2}) == lane::normal));
    BOOST_TEST((choose_lane(true, true, {.jobs = 2, .normal_at_start = 2}) == lane::bulk));
    // A normal job that waits ends a batch that had its bulk job; without one, bulk jobs go on.
    BOOST_TEST((choose_lane(true, true, {.jobs = 3, .has_bulk = true, .normal_at_start = 2}) == lane::none));
    BOOST_TEST((choose_lane(true, false, {.jobs = 1, .has_bulk = true}) == lane::none));
    BOOST_TEST((choose_lane(false, true, {.jobs = 1, .has_bulk = true}) == lane::bulk));
    // The batch before was full of normal jobs: the bulk job goes first, and they follow.
    BOOST_TEST((choose_lane(true, true, {.normal_at_start = 9, .owes_bulk = true}) == lane::bulk));
    BOOST_TEST((choose_lane(true, true, {.jobs = 1, .has_bulk = true, .normal_at_start = 9, .owes_bulk = true}) ==
                lane::normal));
}

BOOST_AUTO_TEST_CASE(a_failed_commit_is_definite_only_when_nothing_could_be_in_the_wal) {
    BOOST_TEST((classify_commit_failure(sqlite_error(5)) == commit_failure::retry));
    BOOST_TEST((classify_commit_failure(sqlite_error(787)) == commit_failure::rerun_singly));
    BOOST_TEST((classify_commit_failure(sqlite_error(13)) == commit_failure::rerun_singly));
    BOOST_TEST((classify_commit_failure(sqlite_error(7)) == commit_failure::look));
    BOOST_TEST((classify_commit_failure(sqlite_error(778)) == commit_failure::definite));          // IOERR_WRITE
    BOOST_TEST((classify_commit_failure(sqlite_error(1034)) == commit_failure::outcome_unknown));  // IOERR_FSYNC
    BOOST_TEST((classify_commit_failure(sqlite_error(1290)) == commit_failure::outcome_unknown));  // IOERR_DIR_FSYNC
    BOOST_TEST((classify_commit_failure(sqlite_error(10)) == commit_failure::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_due_at_its_size_and_again_after_as_many_new_frames) {
    const checkpoint_policy policy{1000, 250};
    BOOST_TEST(!policy.is_due(999, 0));
    BOOST_TEST(policy.is_due(1000, 0));
    BOOST_TEST(!policy.is_due(1100, 1000));
    BOOST_TEST(policy.is_due(1250, 1000));
    BOOST_TEST(policy.is_due(1000, 5000));  // the WAL began anew since
}

BOOST_AUTO_TEST_CASE(the_wal_first_holds_new_reads_then_interrupts_the_oldest) {
    BOOST_TEST((pressure_of(99, 100, 200) == wal_pressure::none));
    BOOST_TEST((pressure_of(100, 100, 200) == wal_pressure::hold_deep_reads));
    BOOST_TEST((pressure_of(149, 100, 200) == wal_pressure::hold_deep_reads));
    BOOST_TEST((pressure_of(150, 100, 200) == wal_pressure::interrupt_oldest));
    BOOST_TEST((pressure_of(100, 100, 100) == wal_pressure::interrupt_oldest));
}

BOOST_AUTO_TEST_CASE(only_the_oldest_snapshot_is_interrupted_and_only_if_it_is_old) {
    const auto now = std::chrono::steady_clock::now();
    snapshot_registry all;
    auto& old = all.enroll();
    auto& older = all.enroll();
    auto& young = all.enroll();
    old.begun(now - std::chrono::seconds(1), nullptr);
    older.begun(now - std::chrono::seconds(2), nullptr);
    young.begun(now + std::chrono::hours(1), nullptr);
    all.set_pressure(wal_pressure::interrupt_oldest);
    BOOST_TEST(older.interrupt());
    BOOST_TEST(!old.interrupt());
    older.ended();
    old.ended();
    all.set_pressure(wal_pressure::interrupt_oldest);
    BOOST_TEST(!young.interrupt());
}

BOOST_AUTO_TEST_CASE(jobs_are_guarded_for_a_while_after_one_had_to_be_undone) {
    savepoint_policy watched;
    BOOST_TEST(!watched.guards_next());
    watched.had_to_undo();
    for (int i = 0; i < savepoint_policy::jobs_guarded; ++i) BOOST_TEST(watched.guards_next());
    BOOST_TEST(!watched.guards_next());
}

BOOST_AUTO_TEST_CASE(a_read_goes_to_an_idle_reader_before_a_queue) {
    using view = std::vector<reader_view>;
    BOOST_TEST(choose_reader(view{{false, true, 0}, {true, false, 0}, {true, true, 0}}) == 2u);   // open before closed
    BOOST_TEST(choose_reader(view{{false, true, 0}, {true, false, 0}}) == 1u);                    // closed before busy
    BOOST_TEST(choose_reader(view{{false, true, 3}, {false, true, 1}, {false, true, 2}}) == 1u);  // shortest queue
}

BOOST_AUTO_TEST_CASE(a_thief_takes_from_the_longest_queue_and_never_from_itself) {
    using view = std::vector<reader_view>;
    BOOST_TEST(choose_victim(view{{false, true, 9}, {false, true, 2}, {false, true, 5}}, 0).value() == 2u);
    BOOST_TEST(!choose_victim(view{{false, true, 9}, {false, true, 0}}, 0).has_value());
}

BOOST_AUTO_TEST_CASE(a_statement_that_a_resident_gave_up_is_deep_until_it_is_known_to_be_short) {
    BOOST_TEST(!is_deep(0, std::nullopt));
    BOOST_TEST(is_deep(1, std::nullopt));
    BOOST_TEST(is_deep(1, 20ms));
    BOOST_TEST(!is_deep(1, 19ms));
}

BOOST_AUTO_TEST_CASE(a_read_is_refused_when_those_before_it_take_until_its_deadline) {
    BOOST_TEST(can_be_served({}, 10s, 1ms));  // nobody is before it: tried, whatever it costs
    BOOST_TEST(can_be_served({.running_left = 1s, .running = 1, .at_a_time = 2}, 10s, 1ms));
    const read_load busy{.queued_cost = 2s, .running_left = 2s, .running = 2, .at_a_time = 2};
    BOOST_TEST((expected_wait(busy) == 2s));
    BOOST_TEST(can_be_served(busy, 1s, 4s));
    BOOST_TEST(!can_be_served(busy, 1s, 3999ms));
}

BOOST_AUTO_TEST_CASE(what_reads_cost_is_remembered_by_statement) {
    read_costs costs;
    BOOST_TEST(!costs.expected(1).has_value());
    BOOST_TEST((costs.mean() == 0ns));
    costs.took(0, 1s);  // of no statement that is known
    BOOST_TEST((costs.mean() == 0ns));
    costs.took(1, 100ms);
    BOOST_TEST((costs.expected(1).value() == 100ms));
    costs.took(1, 500ms);
    BOOST_TEST((costs.expected(1).value() == 200ms));
    for (std::uint64_t i = 2; i < 10'000; ++i) costs.took(i, 1ms);
    BOOST_TEST(!costs.expected(1).has_value());  // bounded: it began anew
}

BOOST_AUTO_TEST_CASE(a_connection_is_closed_when_idle_replaced_when_old_and_kept_for_ever_at_zero) {
    BOOST_TEST((upkeep_of({1min, 1min}, 5min, 10min) == upkeep::keep));
    BOOST_TEST((upkeep_of({5min, 1min}, 5min, 10min) == upkeep::replace_old));
    BOOST_TEST((upkeep_of({11min, 10min}, 5min, 10min) == upkeep::close_idle));
    BOOST_TEST((upkeep_of({24h, 24h}, 0min, 0min) == upkeep::keep));
}

BOOST_AUTO_TEST_CASE(a_thread_that_lost_the_processor_has_not_spent_its_budget) {
    const std::chrono::steady_clock::time_point t0(100s);
    const auto processor = [](std::chrono::nanoseconds used) { return [used] { return used; }; };
    sqlite::budget_clock preempted(t0, 1ms);
    BOOST_TEST(!preempted.is_spent(t0 + 999us, processor(0ns)));
    BOOST_TEST(!preempted.is_spent(t0 + 5ms, processor(100us)));
    BOOST_TEST(!preempted.is_spent(t0 + 6ms, processor(1099us)));
    BOOST_TEST(preempted.is_spent(t0 + 6ms, processor(1100us)));
    sqlite::budget_clock waits_for_the_disk(t0, 1ms);
    BOOST_TEST(!waits_for_the_disk.is_spent(t0 + 1ms, processor(0ns)));
    BOOST_TEST(!waits_for_the_disk.is_spent(t0 + 8ms, processor(0ns)));
    BOOST_TEST(waits_for_the_disk.is_spent(t0 + 9ms, processor(0ns)));
}

BOOST_AUTO_TEST_CASE(a_deep_statement_is_forgotten_as_its_cost_falls) {
    deep_statements deep;
    deep.overran(1, 1ms);
    BOOST_TEST(deep.contains(1));
    deep.cost_was(1, 50ms, 1ms);
    for (int i = 0; i < 5; ++i) deep.cost_was(1, 0ms, 1ms);
    BOOST_TEST(deep.contains(1));
    for (int i = 0; i < 20; ++i) deep.cost_was(1, 0ms, 1ms);
    BOOST_TEST(!deep.contains(1));
}

BOOST_AUTO_TEST_CASE(the_memory_of_deep_statements_is_bounded) {
    deep_statements deep;
    for (std::uint64_t i = 1; i < 10'000; ++i) deep.overran(i, 1ms);
    BOOST_TEST(deep.size() <= deep_statements::remembered_max);
}

BOOST_AUTO_TEST_CASE(an_episode_begins_with_the_first_long_wait_and_counts_all) {
    exhaustion state(10ms);
    const auto t = std::chrono::steady_clock::time_point() + 1h;
    BOOST_TEST(!state.took_after(10ms, t));
    BOOST_TEST(state.took_after(11ms, t));
    BOOST_TEST(!state.took_after(30ms, t + 20ms));
    const auto ended = state.came_to_rest(t + 100ms);
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST((ended->length == 111ms));
    BOOST_TEST(ended->jobs == 2u);
    BOOST_TEST(!state.came_to_rest(t + 200ms).has_value());
}

BOOST_AUTO_TEST_CASE(an_episode_knows_the_longest_wait_and_queue_and_what_held_the_connections) {
    exhaustion state(10ms);
    const auto t = std::chrono::steady_clock::time_point() + 1h;
    state.saw_queue(99);                  // before it
    state.held(1, t - 500ms, t - 400ms);  // ended before anybody waited
    state.held(2, t - 500ms, t - 20ms);   // partly waited for
    state.held(3, t - 5ms, t);            // too short to be remembered
    BOOST_TEST(state.waits(120ms, t));    // nobody took it yet
    BOOST_TEST(!state.took_after(150ms, t + 30ms));
    state.saw_queue(4);
    state.saw_queue(3);
    state.held(3, t, t + 5ms);
    state.held(3, t + 10ms, t + 15ms);
    const auto ended = state.came_to_rest(t + 40ms).value();
    BOOST_TEST((ended.length == 160ms));
    BOOST_TEST((ended.longest_wait == 150ms));
    BOOST_TEST(ended.jobs == 1u);
    BOOST_TEST(ended.peak_queue == 4u);
    BOOST_TEST(ended.holds[0].statement == 2u);
    BOOST_TEST((ended.holds[0].time == 100ms));
    BOOST_TEST(ended.holds[1].statement == 3u);
    BOOST_TEST((ended.holds[1].time == 10ms));
    BOOST_TEST(ended.holds[1].runs == 2u);
    BOOST_TEST(ended.holds[2].runs == 0u);
    BOOST_TEST(state.took_after(11ms, t + 1h));  // and nothing of that in the next one
    BOOST_TEST(state.came_to_rest(t + 1h).value().peak_queue == 0u);
}

BOOST_AUTO_TEST_CASE(of_many_statements_an_episode_keeps_those_that_held_the_longest) {
    exhaustion state(10ms);
    const auto t = std::chrono::steady_clock::time_point() + 1h;
    BOOST_TEST(state.took_after(11ms, t));
    for (std::uint64_t i = 1; i <= 2 * exhaustion::holds_max; ++i)
        state.held(i, t, t + std::chrono::milliseconds(static_cast<std::int64_t>(i)));
    const auto ended = state.came_to_rest(t + 1s).value();
    for (const auto& each : ended.holds) BOOST_TEST(each.statement > exhaustion::holds_max);
}

BOOST_AUTO_TEST_CASE(waits_fall_into_buckets_that_grow_fourfold) {
    BOOST_TEST(wait_counter::bucket_of(0ns) == 0u);
    BOOST_TEST(wait_counter::bucket_of(1us) == 0u);
    BOOST_TEST(wait_counter::bucket_of(2us) == 1u);
    BOOST_TEST(wait_counter::bucket_of(4us) == 1u);
    BOOST_TEST(wait_counter::bucket_of(5us) == 2u);
    BOOST_TEST(wait_counter::bucket_of(16us) == 2u);
    BOOST_TEST(wait_counter::bucket_of(24h) == wait_histogram::buckets - 1);
}

BOOST_AUTO_TEST_CASE(busy_time_is_summed_over_the_last_ten_seconds) {
    const auto near = boost::test_tools::tolerance(1e-9);
    busy_window window;
    const std::chrono::steady_clock::time_point t0(100s);
    window.began(t0);
    window.ended(t0 + 500ms);
    window.began(t0 + 1s);
    window.ended(t0 + 1250ms);
    BOOST_TEST(window.busy_seconds(t0 + 2s) == 0.75, near);
    BOOST_TEST(window.busy_seconds(t0 + 11s) == 0.25, near);
    BOOST_TEST(window.busy_seconds(t0 + 20s) == 0.0);
}

BOOST_AUTO_TEST_CASE(busy_time_counts_while_it_passes_and_never_for_more_than_it_is) {
    const auto near = boost::test_tools::tolerance(1e-9);
    busy_window window;
    const std::chrono::steady_clock::time_point t0(100s);
    window.began(t0);
    BOOST_TEST(window.busy_seconds(t0 + 4s) == 4.0, near);
    BOOST_TEST(window.busy_seconds(t0 + 20s) == 10.0, near);
    window.ended(t0 + 20s);
    BOOST_TEST(window.busy_seconds(t0 + 20s) == 10.0, near);
    BOOST_TEST(window.busy_seconds(t0 + 25s) == 5.0, near);
    BOOST_TEST(window.busy_seconds(t0 + 40s) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
