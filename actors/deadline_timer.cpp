#include "actors/deadline_timer.hpp"

#include "actors/thread.hpp"
#include "sqlite/failpoints.hpp"

#include <carrel/detail/completion.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

deadline_timer::~deadline_timer() { stop(); }

void deadline_timer::start(std::vector<timed*> watched, std::uint64_t engine_id) {
    watched_ = std::move(watched);
    plan(clock::now());
    thread_ = start_thread("carrel-timer", 0, [this, engine_id] {
        const actor_scope scope(engine_id);  // works that were never run end here, and may hold the last handle
        run();
    });
}

void deadline_timer::stop() noexcept {
    {
        std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void deadline_timer::plan(steady_time when) noexcept {
    {
        std::lock_guard lock(mutex_);
        const auto wanted = when.time_since_epoch().count();
        if (wanted >= planned_.load(std::memory_order_relaxed) && thread_.joinable()) return;
        planned_.store(wanted, std::memory_order_relaxed);
    }
    changed_.notify_one();
}

void deadline_timer::run() noexcept {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            for (;;) {
                // Nothing is left to look at when the engine has stopped, but what could not be delivered still must be.
                if (is_stopping_ && kept_.empty()) {
                    has_ended_ = true;
                    return;
                }
                const auto planned = steady_time(clock::duration(planned_.load(std::memory_order_relaxed)));
                if (clock::now() >= planned) break;
                changed_.wait_until(lock, planned);
            }
            // From here on a notice counts for the look after this one.
            planned_.store((clock::now() + look_interval).time_since_epoch().count(), std::memory_order_relaxed);
        }
        const auto now = clock::now();
        auto next = deliver_kept(now);
        for (auto* one : watched_) next = std::min(next, one->look(now));
        notice(next);
    }
}

bool deadline_timer::keep(job_ptr<job>& undelivered) noexcept {
    const auto again = clock::now() + retry_interval;
    {
        std::lock_guard lock(mutex_);
        if (has_ended_) return false;
        kept_.push_back(std::move(undelivered));
    }
    plan(again);
    return true;
}

steady_time deadline_timer::deliver_kept(steady_time now) noexcept {
    job_list<job> again;
    {
        std::lock_guard lock(mutex_);
        again.swap(kept_);
    }
    while (auto one = again.pop_front()) deliver_or_keep(std::move(one), delivery::post, *this);
    std::lock_guard lock(mutex_);
    return kept_.empty() ? timed::never : now + retry_interval;
}

void deliver_or_keep(job_ptr<job> finished, delivery way, deadline_timer& timer) noexcept {
    for (;;) {
        auto* const raw = finished.release();
        if (raw->deliver(way) || failpoints::is_set(failpoint::lost_reply)) return;
        finished.reset(raw);
        if (timer.keep(finished)) return;
        std::this_thread::sleep_for(deadline_timer::retry_interval);
    }
}

void notice_cancellation(deadline_timer& timer) noexcept { timer.notice(clock::now()); }

// -- delivery_scope ---

namespace {

thread_local delivery_scope* innermost = nullptr;

}  // namespace

delivery_scope::delivery_scope(const job& delivered) noexcept
    : delivered_(delivered),
      outer_(std::exchange(innermost, this)),
      exceptions_(std::uncaught_exceptions()) {}
delivery_scope::~delivery_scope() { innermost = outer_; }

bool delivery_scope::keeps(const job& one) noexcept {
    auto* const scope = innermost;
    if (scope == nullptr || &scope->delivered_ != &one || std::uncaught_exceptions() <= scope->exceptions_)
        return false;
    scope->was_kept_ = true;
    return true;
}

void delivery_scope::runs(const job& one) noexcept {
    if (innermost != nullptr && &innermost->delivered_ == &one) innermost->has_run_ = true;
}

}  // namespace carrel::detail
