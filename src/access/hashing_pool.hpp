#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace carrel::access {

/// Threads for what is meant to be slow: hashes of passwords. They run when nobody else wants the processor, so a storm of
/// logins delays logins and nothing else; and they bound the memory of hashes to their number times the cost of one.
/// Thread-safe.
class hashing_pool {
public:
    /// Runs on a thread of the pool. It must not throw.
    using work = std::function<void()>;

    /// `threads` of them, 1 at least; `queue_max` works may wait.
    hashing_pool(std::size_t threads, std::size_t queue_max);
    /// `close`, and waits for the works that are running.
    ~hashing_pool();
    hashing_pool(const hashing_pool&) = delete;
    hashing_pool& operator=(const hashing_pool&) = delete;

    /// False, at once and without a call of either, if as many wait as may or the pool is closed: the caller answers 503 with
    /// Retry-After. Else one of the two is called, once: `run` on a thread of the pool, in the order of the calls, or
    /// `on_drop` by `close`. A work may submit another.
    bool submit(work run, work on_drop = {});

    /// Takes no more works, and drops those that wait, whose `on_drop` runs on this thread. Those that run go on.
    void close();

    /// How many wait, for metrics.
    std::size_t waiting() const;

private:
    struct item {
        work run, on_drop;
    };
    void serve() noexcept;
    void end();
    bool take(item& next);

    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    // Protected by mutex_.
    std::condition_variable changed_;
    std::deque<item> queue_;
    bool is_closed_ = false;

    std::vector<std::thread> threads_;  // last, since they use the others
};

}  // namespace carrel::access
