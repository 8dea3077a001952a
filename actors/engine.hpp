#pragma once

#include "actors/dispatcher.hpp"
#include "actors/resident.hpp"
#include "actors/snapshots.hpp"
#include "actors/writer.hpp"
#include "sqlite/file_guard.hpp"

#include <carrel/detail/job.hpp>
#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace carrel::detail {

/// All actors of one database and the order in which they start and stop.
class engine : public std::enable_shared_from_this<engine> {
public:
    /// Everything from the file's lock to running actors; leaves nothing new behind when it fails.
    static result<std::shared_ptr<engine>> open(options settings);
    ~engine();

    void submit(std::unique_ptr<read_job> job) noexcept;
    void submit(std::unique_ptr<write_job> job) noexcept;
    /// A read for the background readers, whatever thread this is.
    void submit_background(std::unique_ptr<read_job> job) noexcept;
    result<std::shared_ptr<shard_core>> attach(boost::asio::io_context& context);
    void detach(const std::shared_ptr<shard_core>& shard);

    /// Stops everything, once; later calls wait for the first and get its outcome.
    result<void> stop();

    const options& settings() const noexcept { return settings_; }
    database_stats stats();
    std::chrono::nanoseconds queue_age();

private:
    engine(options settings, sqlite::file_guard guard);
    result<void> open_writer();
    result<std::unique_ptr<sqlite::connection>> open_reader(std::size_t cache_kib);
    void refuse(std::unique_ptr<job> refused, errc why) noexcept;
    void share_readers();

    const options settings_;
    std::optional<sqlite::file_guard> guard_;  // until stopped
    const std::string path_;                   // as the guard resolved it
    std::atomic<std::uint64_t> busy_seen_{0};
    std::atomic<bool> stopping_{false};
    shared_counter refused_overloaded_;
    shared_counter refused_stopping_;
    snapshots snapshots_;
    dispatcher dispatcher_;
    std::unique_ptr<writer> writer_;  // constant after open

    std::mutex shards_mutex_;
    std::vector<std::shared_ptr<shard_core>> shards_;  // guarded by shards_mutex_

    std::mutex stop_mutex_;
    std::optional<result<void>> stopped_;  // guarded by stop_mutex_
};

}  // namespace carrel::detail
