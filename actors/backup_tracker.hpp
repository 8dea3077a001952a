#pragma once

#include "actors/writer_policy.hpp"
#include "sqlite/live_backup.hpp"

#include <carrel/error.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

namespace carrel::detail {

/// Notes for a backup which pages the writer changes, and keeps checkpoints from the file for a moment at its end. One backup
/// at a time; the next waits. Costs the writer a relaxed load a turn while there is none.
class backup_tracker final : public sqlite::change_source {
public:
    using clock = std::chrono::steady_clock;

    /// `wake` has the writer run a turn, from any thread. `now` is the clock that holds are measured by.
    explicit backup_tracker(std::function<void()> wake, std::function<clock::time_point()> now = clock::now)
        : wake_(std::move(wake)),
          now_(std::move(now)) {}

    // -- the backup's thread ---
    result<sqlite::change_view> begin(const sqlite::stop_test& stop) override;
    result<sqlite::change_view> look(std::size_t held_pages_max, const sqlite::stop_test& stop) override;
    bool release() noexcept override;
    void end() noexcept override;

    // -- the writer's turn, between transactions ---
    /// Notes what was committed and answers the backup. `sequence` is that of the last commit, `refusal` why none is accepted.
    void take_turn(sqlite::connection& writer, std::uint64_t sequence, std::optional<errc> refusal) noexcept;
    /// Whether the backup needs another turn.
    bool wants_turn() const noexcept { return is_active_.load(std::memory_order_relaxed) && is_behind_; }
    /// Whether a checkpoint is to wait: the backup reads the last pages, or not everything in the log has been noted. Not
    /// from `soft_bytes` on, and not for long.
    bool defers_checkpoint(std::size_t wal_bytes, std::size_t soft_bytes) noexcept;
    /// Notes what the checkpoint is about to copy, and ends a hold.
    void before_checkpoint(sqlite::connection& writer) noexcept;
    /// `log_frames` is how many the log held, as SQLite counts them; -1 if that is not known.
    void after_checkpoint(int log_frames) noexcept;

private:
    enum class request { none, begin, look };

    result<sqlite::change_view> wait_for(request wanted, std::size_t held_pages_max, const sqlite::stop_test& stop);
    void note(sqlite::connection& writer, int frames_max) noexcept;
    result<void> note_frames(sqlite::connection& writer, int frames_max);
    result<sqlite::change_view> view_of(sqlite::connection& writer, std::uint64_t sequence);

    const std::function<void()> wake_;
    const std::function<clock::time_point()> now_;
    std::atomic<bool> is_active_{false};
    bool is_behind_ = false;  // the writer's

    std::mutex mutex_;
    std::condition_variable changed_;
    // All guarded by mutex_.
    bool is_taken_ = false;  // by a backup
    request request_ = request::none;
    std::size_t held_pages_max_ = 0;
    std::optional<result<sqlite::change_view>> answer_;
    sqlite::page_set pages_;
    bool is_lost_ = false;  // what changed is not known any more
    sqlite::wal_salt salt_{};
    int noted_frames_ = 0;    // of the log with that salt
    int copied_frames_ = -1;  // that the file had already when the backup began; -1: none was counted yet
    checkpoint_hold hold_;
};

}  // namespace carrel::detail
