#include "access/hashing_pool.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace carrel::access {
namespace {

// Threads begin with the mask of the one that starts them: signals are another thread's business.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_;
};

// SCHED_BATCH at nice 19 and not SCHED_IDLE: a machine that is busy with reads all day must still let people log in, if slowly,
// and a thread that never runs could hold a lock of the process's memory map. Where neither is allowed the pool works as well.
void step_back() noexcept {
    const sched_param none{};
    sched_setscheduler(0, SCHED_BATCH, &none);
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
}

}  // namespace

hashing_pool::hashing_pool(std::size_t threads, std::size_t queue_max)
    : queue_max_(queue_max) {
    const signals_blocked during_start;
    const auto count = std::max<std::size_t>(threads, 1);
    threads_.reserve(count);
    try {
        while (threads_.size() < count) threads_.emplace_back([this] { serve(); });
    } catch (...) {
        end();
        throw;
    }
}

hashing_pool::~hashing_pool() { end(); }

void hashing_pool::end() {
    close();
    for (auto& each : threads_) each.join();
}

void hashing_pool::close() {
    std::deque<item> dropped;
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        dropped.swap(queue_);
    }
    changed_.notify_all();
    for (auto& each : dropped)
        if (each.on_drop) each.on_drop();
}

bool hashing_pool::submit(work run, work on_drop) {
    {
        const std::lock_guard lock(mutex_);
        if (is_closed_ || queue_.size() >= queue_max_) return false;
        queue_.push_back({std::move(run), std::move(on_drop)});
    }
    changed_.notify_one();
    return true;
}

std::size_t hashing_pool::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

bool hashing_pool::take(item& next) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_closed_ || !queue_.empty(); });
    if (is_closed_) return false;
    next = std::move(queue_.front());
    queue_.pop_front();
    return true;
}

// Without exceptions: a work that throws has nobody to tell, and the program ends where the fault is.
void hashing_pool::serve() noexcept {
    pthread_setname_np(pthread_self(), "carrel-hash");
    step_back();
    for (item next; take(next); next = {}) next.run();
}

}  // namespace carrel::access
