#pragma once

#include <carrel/database.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace carrel::siem {

/// Puts stored events together in the background, as long as it lives: see event_sealing.hpp. One thread, which waits for
/// readers and the writer as any caller does.
class event_keeper {
public:
    /// The database must outlive it. What fails is logged once in a row and tried again.
    event_keeper(database& store, log_sink log);
    /// Waits for the step at hand.
    ~event_keeper();
    event_keeper(const event_keeper&) = delete;
    event_keeper& operator=(const event_keeper&) = delete;

private:
    void run();
    /// One run; whether there was one.
    result<bool> step();
    void report(const error& failure);

    database* store_;
    log_sink log_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stops_ = false;
    std::string last_failure_;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace carrel::siem
