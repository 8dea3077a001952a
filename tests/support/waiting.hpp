#pragma once

#include <carrel/database.hpp>

#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <thread>
#include <utility>

namespace carrel::testing {

/// Runs a read and waits for its result on the calling thread.
template <class Work>
auto read(database& db, Work work, job_options per_job = {}) {
    return db.read(std::move(work), per_job);
}

/// Runs a mutation and waits for its result on the calling thread.
template <class Work>
auto write(database& db, Work work, job_options per_job = {}) {
    return db.write(std::move(work), per_job);
}

/// Polls a condition that another thread makes true; false if that does not happen in time.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds at_most = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

/// Holds the thread that calls `wait` until another one calls `open`: how a test keeps an actor busy without a sleep.
class gate {
public:
    void open() { promise_.set_value(); }
    void wait() { future_.wait(); }

private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
};

}  // namespace carrel::testing
