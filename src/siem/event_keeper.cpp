#include "siem/event_keeper.hpp"

#include "siem/event_sealing.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// How often it looks for work when there was none.
constexpr std::chrono::milliseconds interval{250};
// Nobody waits for it: a machine with more to do lets it go slowly.
constexpr std::chrono::milliseconds deadline{60'000};

}  // namespace

event_keeper::event_keeper(database& store, log_sink log)
    : store_(&store),
      log_(std::move(log)),
      thread_([this] { run(); }) {}

event_keeper::~event_keeper() {
    {
        const std::lock_guard lock(mutex_);
        stops_ = true;
    }
    stopping_.notify_all();
    thread_.join();
}

void event_keeper::run() {
    for (std::unique_lock lock(mutex_); !stops_;) {
        lock.unlock();
        const auto worked = step();
        if (!worked) report(worked.error());
        else last_failure_.clear();
        lock.lock();
        if (!worked || !*worked) stopping_.wait_for(lock, interval, [this] { return stops_; });
    }
}

result<bool> event_keeper::step() {
    job_options settings;
    settings.deadline = deadline;
    auto run = store_->read(seal_segments, settings);
    if (run && !*run) run = store_->read(seal_rows, settings);
    if (!run) return run.error();
    if (!*run) return false;
    settings.priority = priority::bulk;
    for (const segments::segment& each : (*run)->made) settings.bytes += each.data.size();
    auto done = store_->write([&](write_session& session) { return replace(session, **run); }, settings);
    if (!done) return done.error();
    return done->value;
}

void event_keeper::report(const error& failure) {
    if (!log_ || failure.message() == last_failure_) return;
    last_failure_ = failure.message();
    log_(log_level::warning, "events could not be put together: " + last_failure_);
}

}  // namespace carrel::siem
