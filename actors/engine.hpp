#pragma once

#include "actors/deadline_timer.hpp"
#include "actors/read_dispatcher.hpp"
#include "actors/resident_reader.hpp"
#include "actors/snapshot_registry.hpp"
#include "actors/thread.hpp"
#include "actors/writer_actor.hpp"
#include "sqlite/file_guard.hpp"
#include "sqlite/query_registry.hpp"

#include <carrel/database.hpp>
#include <carrel/detail/job.hpp>
#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace boost::asio {
class thread_pool;
}

namespace carrel::detail {

/// All actors of one database and the order in which they start and stop.
class engine final : public std::enable_shared_from_this<engine>, public timed {
public:
    /// Everything from the file's lock to running actors; leaves nothing new behind when it fails.
    static result<std::shared_ptr<engine>> open(options settings);
    ~engine();

    void submit(job_ptr<read_job> one, const job_options& per_job) noexcept;
    void submit(job_ptr<write_job> one, const job_options& per_job) noexcept;
    void submit_unbounded(job_ptr<read_job> one) noexcept;
    void submit_unbounded(job_ptr<write_job> one) noexcept;
    /// A read for the background readers, whatever thread this is.
    void submit_background(job_ptr<read_job> one) noexcept;
    void await_room(job_ptr<job> waiter) noexcept;

    result<std::shared_ptr<resident_reader>> attach(boost::asio::io_context& context);
    void detach(const std::shared_ptr<resident_reader>& resident) noexcept;

    /// Stops everything, once; later calls wait for the first and get its outcome.
    result<void> stop(stop_mode mode) noexcept;
    /// As `stop`, and waits until no thread of `async_stop` is inside the executor that it gave its reply to.
    result<void> stop_and_leave(stop_mode mode) noexcept;
    /// As `stop_and_leave(finish)`, for the end of a handle: on an actor's own thread a thread of its own does it, and in a forked
    /// child nothing is touched.
    static void end(std::shared_ptr<engine> one) noexcept;

    /// What a backup learns of the writer.
    sqlite::change_source& changes() noexcept { return writer_->changes(); }
    std::uint64_t id() const noexcept { return id_; }
    const options& settings() const noexcept { return settings_; }
    const std::shared_ptr<deadline_timer>& shared_timer() const noexcept { return timer_; }
    deadline_timer& timer() const noexcept { return *timer_; }
    const std::shared_ptr<detached_threads>& stop_threads() const noexcept { return stop_threads_; }
    const boost::asio::any_io_executor& default_executor() const noexcept { return completion_executor_; }
    boost::asio::any_io_executor fallback_executor(bool waits_on_thread) const noexcept;
    database_stats stats();
    std::chrono::nanoseconds queue_age();
    sqlite::query_registry& queries() noexcept { return queries_; }

    /// Notices when the path no longer names the open file.
    steady_time look(steady_time now) noexcept override;

private:
    engine(options settings, std::optional<sqlite::file_guard>& guard);
    result<void> open_actors();
    result<void> start_executors();
    result<void> introduce_follower(sqlite::connection& writer, std::uint64_t sequence, std::int64_t log_time);
    result<std::unique_ptr<sqlite::connection>> open_reader(std::size_t cache_kib);
    std::optional<errc> accept(job& one, const job_options& per_job) noexcept;
    std::optional<errc> refusal_of(const job& one) const noexcept;
    void dispatch(job_ptr<read_job> one) noexcept;
    void dispatch(job_ptr<write_job> one) noexcept;
    void refuse(job_ptr<job> one, error why) noexcept;
    void share_readers() noexcept;
    bool is_on_own_thread() const noexcept;

    const options settings_;
    const std::uint64_t id_;
    const std::uint32_t fork_generation_;
    std::shared_ptr<deadline_timer> timer_ = std::make_shared<deadline_timer>();
    const std::shared_ptr<detached_threads> stop_threads_ = std::make_shared<detached_threads>();
    std::unique_ptr<boost::asio::thread_pool> completion_pool_;
    std::unique_ptr<boost::asio::thread_pool> writer_pool_;
    boost::asio::any_io_executor completion_executor_;  // constant after open
    std::optional<sqlite::file_guard> guard_;           // until stopped
    const std::string path_;                            // as the guard resolved it
    const sqlite::file_guard::file_id file_;            // at that path
    std::atomic<std::uint64_t> busy_seen_{0};
    std::atomic<bool> stopping_{false};
    shared_counter refused_overloaded_;
    shared_counter refused_stopping_;
    sqlite::query_registry queries_;  // outlives every connection
    snapshot_registry snapshots_;
    read_dispatcher dispatcher_;
    std::unique_ptr<writer_actor> writer_;  // constant after open

    std::mutex residents_mutex_;
    std::vector<std::shared_ptr<resident_reader>> residents_;  // guarded by residents_mutex_

    std::mutex stop_mutex_;
    std::optional<result<void>> stopped_;  // guarded by stop_mutex_
};

}  // namespace carrel::detail
