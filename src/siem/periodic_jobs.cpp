#include "siem/periodic_jobs.hpp"

#include "siem/rule_operations.hpp"

#include <string>

namespace carrel::siem {

namespace {

// Nobody waits for it.
job_options patient() {
    job_options made;
    made.deadline = std::chrono::milliseconds(60'000);
    made.priority = priority::bulk;
    return made;
}

}  // namespace

std::vector<periodic_job> periodic_jobs() {
    return {{.name = "rules whose last day has come", .run = sunset_rules, .is_due = has_sunset_rules}};
}

periodic_runner::periodic_runner(database& store, periodic_settings settings, std::vector<periodic_job> jobs)
    : store_(&store),
      settings_(std::move(settings)),
      jobs_(std::move(jobs)),
      thread_([this] { run(); }) {}

periodic_runner::~periodic_runner() {
    {
        const std::lock_guard lock(mutex_);
        stops_ = true;
    }
    stopping_.notify_all();
    thread_.join();
}

bool periodic_runner::is_stopping() {
    const std::lock_guard lock(mutex_);
    return stops_;
}

timestamp periodic_runner::now() const {
    if (settings_.clock) return settings_.clock();
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void periodic_runner::run() {
    for (std::unique_lock lock(mutex_); !stops_;) {
        lock.unlock();
        for (const periodic_job& each : jobs_) run_one(each);
        lock.lock();
        stopping_.wait_for(lock, settings_.interval, [this] { return stops_; });
    }
}

void periodic_runner::run_one(const periodic_job& job) {
    const auto report = [&](const error& failure) {
        if (settings_.log) settings_.log(log_level::warning, std::string(job.name) + ": " + failure.message());
    };
    std::int64_t done = 0;
    while (!is_stopping()) {
        const timestamp at = now();
        job_options reading = patient();
        reading.priority = priority::normal;
        const auto due = store_->read([&](read_session& session) { return job.is_due(session, at); }, reading);
        if (!due) return report(due.error());
        if (!*due) break;
        const auto some = store_->write([&](write_session& session) { return job.run(session, at); }, patient());
        if (!some) return report(some.error());
        if (some->value == 0) break;
        done += some->value;
    }
    if (done > 0 && settings_.log) settings_.log(log_level::info, std::string(job.name) + ": " + std::to_string(done));
}

}  // namespace carrel::siem
