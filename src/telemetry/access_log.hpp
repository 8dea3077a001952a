#pragma once

#include "base/failure.hpp"
#include "telemetry/record_queue.hpp"

#include <carrel/options.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace carrel::telemetry {

/// Where lines about requests go: a file that grows, or the standard output. One thread writes, in batches; those who serve only
/// copy a line. A disk that is full, or a reader of a pipe that stands still, costs lines, which are counted, and nothing else.
class access_log {
public:
    struct settings {
        std::string path;                          ///< `-` is the standard output.
        bool is_json = false;                      ///< Otherwise the combined format and some more.
        std::size_t waiting_bytes_max = 1u << 20;  ///< Of each thread that makes lines.
        std::chrono::milliseconds pause{200};      ///< How long a line may wait.
        log_sink log;  ///< Gets a line when lines are lost, once, and when they are written again.
    };

    /// Opens the file, which is made with mode 0600, to append to it. The failure names it.
    static base::outcome<std::unique_ptr<access_log>> open(settings with);
    ~access_log();
    access_log(const access_log&) = delete;
    access_log& operator=(const access_log&) = delete;

    bool is_json() const noexcept { return settings_.is_json; }
    record_queue::lane& add_lane() { return queue_.add_lane(); }

    /// Writes what waits, for at most two seconds, and ends the thread. What comes later is lost.
    void finish();

    /// Goes on in the file of this name, which is opened now; in the one in use if that fails. Any thread.
    base::outcome<void> reopen(const std::string& path);

    std::uint64_t written() const noexcept { return written_.load(std::memory_order_relaxed); }
    /// Lines that did not fit the queue or could not be written.
    std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed) + queue_.dropped(); }

private:
    access_log(settings with, int descriptor);
    void run();
    void write(std::string_view lines);
    std::size_t write_some(std::string_view bytes);
    bool await_room();
    void note_outcome(bool is_written);
    bool fail(int why);

    settings settings_;
    record_queue queue_;
    std::mutex file_;  // held while a batch is written
    int descriptor_;
    bool is_pipe_ = false;      // of what may stand still
    bool is_mid_line_ = false;  // a line was cut off
    bool loses_ = false;
    int failure_ = 0;  // errno of what could not be written
    std::chrono::steady_clock::time_point give_up_batch_at_;
    std::atomic<std::uint64_t> written_{0}, lost_{0};
    std::atomic<std::chrono::steady_clock::time_point> give_up_at_{std::chrono::steady_clock::time_point::max()};
    std::thread thread_;
};

}  // namespace carrel::telemetry
