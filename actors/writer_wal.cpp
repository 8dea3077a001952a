// What the writer does between its transactions: checkpoints, the size of the WAL, maintenance.
#include "actors/log.hpp"
#include "actors/writer_actor.hpp"
#include "sqlite/failpoints.hpp"
#include "sqlite/open_mark.hpp"

#include <carrel/commit_follower.hpp>
#include <carrel/detail/work.hpp>

#include <algorithm>
#include <utility>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

namespace {

// How long a follower may take to read the end of the WAL before the checkpoint is put off.
constexpr std::chrono::milliseconds follower_time_max{200};

}  // namespace

void writer_actor::tend_wal(bool is_idle) {
    // A WAL file larger than this is cut when it is idle and empty.
    constexpr std::size_t wal_file_bytes_idle = 8u << 20;
    if (refuses()) return;
    if (wal_bytes() > std::min(wal_file_bytes_idle, settings_.wal_soft_bytes)) truncate_due_ = true;
    probe_.wal_bytes.set(wal_bytes());
    if (changes_.defers_checkpoint(wal_bytes(), settings_.wal_soft_bytes)) return press_readers();
    const bool has_interrupted = readers_.pressure() == wal_pressure::interrupt_oldest;  // who held the WAL may be gone
    if (has_interrupted || checkpoints_.is_due(connection_->wal_frames(), frames_at_last_attempt_))
        (void)checkpoint(sqlite::checkpoint_mode::passive);
    probe_.wal_bytes.set(wal_bytes());
    press_readers();
    if (!is_idle || !truncate_due_) return;
    (void)checkpoint(sqlite::checkpoint_mode::passive);
    if (connection_->wal_frames() == 0) (void)checkpoint(sqlite::checkpoint_mode::truncate);
    press_readers();
}

// Readers make room when it is they who keep the WAL from being emptied, and not a disk that fails or an archive.
void writer_actor::press_readers() noexcept {
    readers_.set_pressure(has_checkpoint_failed_ || is_wal_held_
                              ? wal_pressure::none
                              : pressure_of(wal_bytes(), settings_.wal_soft_bytes, settings_.wal_hard_bytes));
}

result<sqlite::checkpoint_report> writer_actor::checkpoint(sqlite::checkpoint_mode mode) {
    if (!is_released(follower_time_max)) {
        frames_at_last_attempt_ = connection_->wal_frames();
        return sqlite::checkpoint_report{connection_->wal_frames(), 0};
    }
    changes_.before_checkpoint(*connection_);
    const auto begun = clock::now();
    auto done = connection_->checkpoint(mode);
    if (done) changes_.after_checkpoint(done->log_frames);
    if constexpr (failpoints::are_built_in)
        if (failpoints::is_set(failpoint::second_checkpointer)) failpoints::checkpoint_elsewhere(connection_->path());
    probe_.checkpoints.add();
    probe_.checkpoint_times.waited(clock::now() - begun);
    frames_at_last_attempt_ = connection_->wal_frames();
    has_checkpoint_failed_ = !done;
    if (done) {
        probe_.checkpoint_frames.add(static_cast<std::uint64_t>(std::max(0, done->checkpointed_frames)));
        if (mode == sqlite::checkpoint_mode::truncate && done->log_frames == 0) truncate_due_ = false;
        if (settings_.follower)
            settings_.follower->checkpointed(transaction_.sequence(),
                                             static_cast<std::uint32_t>(std::max(0, done->log_frames)));
        return done;
    }
    probe_.checkpoint_errors.add();
    write_log(settings_, log_level::error, "checkpoint failed: ", done.error());
    if (is_sync_failure(done.error())) refuse_writes(errc::writer_poisoned, done.error());
    return done;
}

result<void> writer_actor::mark_open() {
    auto marked = sqlite::set_open_mark(*connection_);
    if (marked) {
        notify_follower();
        if (is_released(follower_time_max))
            if (auto copied = connection_->checkpoint(sqlite::checkpoint_mode::passive); !copied)
                marked = copied.error();
    }
    if (marked || marked.error() != sqlite_errc::full) return marked;
    write_log(settings_, log_level::warning, "the file could not be marked as open: ", marked.error());
    return {};
}

// Without it the WAL stays, for the next open to go on with.
void writer_actor::clear_mark() noexcept {
    try {
        if (auto cleared = sqlite::clear_open_mark(*connection_); !cleared)
            write_log(settings_, log_level::error, "the file stays marked as open: ", cleared.error());
        else notify_follower();
    } catch (...) {
        write_log(settings_, log_level::error, "the file stays marked as open: ", error_of_exception());
    }
}

// The transaction that was begun for whatever came next is empty.
void writer_actor::run_maintenance(job_ptr<write_job> one) noexcept {
    try {
        transaction_.roll_back();
        result<void> done;
        if (one->upkeep == maintenance::vacuum)
            done = settings_.follower ? error(errc::invalid_option, "commits are followed, and VACUUM moves every page")
                                      : connection_->vacuum();
        if (!done && done.error() == errc::profile_mismatch) refuse_writes(errc::writer_poisoned, done.error());
        auto report =
            done ? checkpoint(sqlite::checkpoint_mode::passive) : result<sqlite::checkpoint_report>(done.error());
        if (report)
            one->report({static_cast<std::uint64_t>(std::max(0, report->log_frames)),
                         static_cast<std::uint64_t>(std::max(0, report->checkpointed_frames))});
        else one->fail(std::move(report).error());
    } catch (...) {
        one->fail(error_of_exception());
    }
    ++finished_jobs_;
    finished_bytes_ += one->bytes;
    replies_.add(std::move(one));
}

void writer_actor::notify_follower() noexcept {
    if (settings_.follower)
        settings_.follower->committed(transaction_.sequence(), static_cast<std::uint32_t>(connection_->wal_frames()));
}

// Whoever follows the commits has what is in the WAL.
bool writer_actor::is_released(std::chrono::milliseconds time_max) noexcept {
    is_wal_held_ = settings_.follower && !settings_.follower->allows_checkpoint(time_max);
    return !is_wal_held_;
}

// The job before has held the writer until now.
void writer_actor::note_held(steady_time until) noexcept {
    if (std::exchange(is_held_, false)) exhaustion_.held(connection_->meter().longest(), held_since_, until);
}

void writer_actor::note_rest() noexcept {
    if (const auto ended = exhaustion_.came_to_rest(clock::now()))
        log_episode_end(settings_, writer_episode, queries_, *ended);
}

std::size_t writer_actor::wal_bytes() const noexcept {
    constexpr std::size_t frame_header = 24;
    return static_cast<std::size_t>(connection_->wal_frames()) * (connection_->page_bytes() + frame_header);
}

bool writer_actor::wants_attention() const noexcept {
    return !refuses() &&
           (truncate_due_ || changes_.wants_turn() || connection_->wal_frames() >= checkpoints_.due_frames);
}

}  // namespace carrel::detail
