#pragma once

#include <carrel/database.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace carrel::siem {

/// A thread that does one step after the other for as long as it lives, and looks again after a while when there was nothing to
/// do. What fails is logged, once in a row, and tried again.
class worker {
public:
    /// Whether there was anything to do. It ends soon after a stop is requested.
    using step = std::function<result<bool>(const std::stop_token&)>;

    /// `what` is what could not be done if it fails, for the log: `feeds could not be synchronised`. `pause` is how long it
    /// waits when there was nothing to do.
    worker(step each, log_sink log, std::string what, std::chrono::milliseconds pause = std::chrono::milliseconds(250));
    /// Asks for a stop and waits.
    ~worker() = default;
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

private:
    void run(const std::stop_token& stop);

    step each_;
    log_sink log_;
    std::string what_, last_failure_;
    std::chrono::milliseconds pause_;
    std::mutex mutex_;
    std::condition_variable_any waiting_;
    std::jthread thread_;  // last, since it uses the others
};

/// Nobody waits for what is done in the background: a machine with more to do lets it go slowly.
job_options background_options();

/// Wall clock, in microseconds.
std::int64_t wall_clock();

}  // namespace carrel::siem
