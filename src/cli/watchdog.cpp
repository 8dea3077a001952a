#include "cli/watchdog.hpp"

#include "cli/log.hpp"

#include <utility>

namespace carrel::cli {

watchdog::watchdog(const service_manager& service)
    : service_(&service) {
    if (service.watchdog_time().count() > 0) thread_ = std::thread([this] { run(); });
}

watchdog::~watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void watchdog::watch(std::function<bool()> is_alive) {
    const std::lock_guard lock(mutex_);
    is_alive_ = std::move(is_alive);
}

void watchdog::relax() { watch(nullptr); }

void watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        // One that stood still for a moment is not to miss its turn for that.
        const auto pause = service_->watchdog_time() / (tell() ? 2 : 20);
        changed_.wait_for(lock, pause, [this] { return ends_; });
    }
}

bool watchdog::tell() {
    const bool lives = !is_alive_ || is_alive_();
    if (lives) service_->tell("WATCHDOG=1");
    else if (!has_warned_)
        log(log_level::error, "a shard or the writer stands still: the watchdog is not told any more");
    has_warned_ = !lives;
    return lives;
}

}  // namespace carrel::cli
