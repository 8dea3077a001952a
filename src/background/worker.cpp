#include "background/worker.hpp"

namespace carrel::siem {

worker::worker(step each, log_sink log, std::string what, std::chrono::milliseconds pause)
    : each_(std::move(each)),
      log_(std::move(log)),
      what_(std::move(what)),
      pause_(pause),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void worker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto worked = each_(stop);
        if (worked) {
            last_failure_.clear();
        } else if (std::string why = worked.error().message(); why != last_failure_) {
            last_failure_ = std::move(why);
            if (log_) log_(log_level::warning, what_ + ": " + last_failure_);
        }
        if (worked && *worked) continue;
        std::unique_lock lock(mutex_);
        waiting_.wait_for(lock, stop, pause_, [] { return false; });
    }
}

job_options background_options() {
    static constexpr named_origin origin("task", "background");
    job_options made;
    made.origin = &origin;
    made.deadline = std::chrono::milliseconds(60'000);
    made.priority = priority::bulk;
    return made;
}

std::int64_t wall_clock() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace carrel::siem
