#pragma once

#include "siem/commit_watch.hpp"
#include "siem/event_retention.hpp"
#include "siem/keeper_counters.hpp"
#include "siem/moved_rows.hpp"

#include <carrel/database.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace carrel::siem {

struct keeper_settings {
    log_sink log;
    retention kept;
    std::shared_ptr<keeper_counters> counters = std::make_shared<keeper_counters>();
    /// Events got positions that they had not when they were stored: those who follow may read them. May be empty.
    std::function<void()> on_positions;
    /// Copies the WAL into the file, which has become shorter; whether all of it could be copied, or else it is called again.
    /// May be empty: then that comes in its own time.
    std::function<result<bool>()> checkpoint;
    /// Wall clock; empty: the system's.
    std::function<timestamp()> clock;
};

/// Looks after stored events in the background, as long as it lives: puts them together (event_sealing.hpp), deletes what
/// clients or the settings want to go (event_removal.hpp), and gives space back (file_space.hpp). One thread, which waits for
/// readers and the writer as any caller does.
class event_keeper {
public:
    /// The database must outlive it. What fails is logged once in a row and tried again.
    event_keeper(database& store, keeper_settings settings);
    /// Waits for the step at hand.
    ~event_keeper();
    event_keeper(const event_keeper&) = delete;
    event_keeper& operator=(const event_keeper&) = delete;

    /// From the next step on. Any thread.
    void set_retention(const retention& kept);

private:
    enum class reason { age, size };

    void run();
    /// A little of everything that is to do; whether there was anything.
    result<bool> step();
    result<bool> work_on_commits();
    result<bool> seal();
    /// Before rows are moved, and when none are left.
    result<void> report_rows(bool are_left);
    result<bool> delete_some();
    void report_deletion(std::int64_t job, const std::string& id);
    result<bool> retain();
    result<bool> retain(reason why, const removal_step& planned);
    result<bool> shrink();
    /// Has the file end where the database does, once that has become shorter.
    result<bool> end_file();
    /// Counts what there is, now and then.
    result<bool> count();
    template <class Work>
    auto write(Work work, std::size_t bytes, durability needed = durability::full);
    timestamp now() const;
    void log(log_level level, const std::string& text) const;
    void report(const error& failure);

    database* store_;
    keeper_settings settings_;
    commit_watch commits_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stops_ = false;
    retention kept_;  // guarded by mutex_
    std::chrono::steady_clock::time_point retain_at_{}, put_off_until_{}, count_at_{}, end_at_{};
    std::uint64_t dropped_by_age_ = 0, dropped_by_size_ = 0;  // since the last line in the log
    bool is_shrinking_ = false, is_end_due_ = false;
    moved_rows rows_;
    std::string last_failure_;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace carrel::siem
