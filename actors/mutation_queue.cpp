#include "actors/mutation_queue.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace carrel::detail {

mutation_queue::mutation_queue(boost::asio::any_io_executor executor, std::function<void()> turn, std::size_t jobs_max,
                               std::size_t bytes_max, deadline_timer& timer)
    : executor_(std::move(executor)),
      turn_(std::move(turn)),
      jobs_max_(jobs_max),
      bytes_max_(bytes_max),
      timer_(timer),
      strand_(turn_executor<mutation_queue>(*this)) {}

push_result mutation_queue::push(job_ptr<write_job>& one) noexcept {
    const auto deadline = one->deadline;
    bool wakes = false;
    {
        std::lock_guard lock(mutex_);
        if (closed_) return push_result::closed;
        // A job larger than the bound is let in alone, or it could never run.
        const bool has_room = bytes_ <= bytes_max_ && one->bytes <= bytes_max_ - bytes_;
        if (jobs_ >= jobs_max_ || (jobs_ > 0 && !has_room)) return push_result::full;
        ++jobs_;
        bytes_ += one->bytes;
        waiting_.fetch_add(1, std::memory_order_relaxed);
        auto& lane = one->priority == priority::bulk ? bulk_ : normal_;
        lane.push_back(std::move(one));
        wakes = !std::exchange(turn_posted_, true);
    }
    // Only the first to arrive finds no turn under way, and it posts without the lock.
    if (wakes) post_turn();
    timer_.notice(deadline);
    return push_result::queued;
}

void mutation_queue::wake() noexcept {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(turn_posted_, true)) {
            wanted_again_ = true;
            return;
        }
    }
    post_turn();
}

void mutation_queue::post_turn() noexcept {
    try {
        boost::asio::post(strand_, [this] { run_turn(); });
    } catch (...) {
        post_later(turn_failed_);
    }
}

void mutation_queue::post_slot() noexcept {
    try {
        boost::asio::post(executor_, [this] { slot_.run(); });
    } catch (...) {
        post_later(slot_failed_);
    }
}

// Has the timer try again.
void mutation_queue::post_later(bool& failed) noexcept {
    {
        std::lock_guard lock(mutex_);
        failed = true;
    }
    timer_.notice(std::chrono::steady_clock::now() + deadline_timer::retry_interval);
}

void mutation_queue::run_turn() noexcept {
    turn_();
    {
        std::lock_guard lock(mutex_);
        const bool again = !normal_.empty() || !bulk_.empty() || std::exchange(wanted_again_, false);
        if (!again) {
            turn_posted_ = false;
            drained_.notify_all();
            return;
        }
    }
    // A post a batch, so that a strand on the host's executor lets others run.
    post_turn();
}

batch_state mutation_queue::begin_batch() noexcept {
    std::lock_guard lock(mutex_);
    batch_state begun;
    begun.normal_at_start = normal_.size();
    begun.owes_bulk = std::exchange(owes_bulk_, !bulk_.empty()) && !bulk_.empty();
    return begun;
}

job_ptr<write_job> mutation_queue::pop(const batch_state& batch, const batch_limits& limits,
                                       std::chrono::nanoseconds running, bool is_durable) noexcept {
    std::lock_guard lock(mutex_);
    const auto chosen = choose_lane(!normal_.empty(), !bulk_.empty(), batch);
    if (chosen == lane::none) return nullptr;
    auto& from = chosen == lane::bulk ? bulk_ : normal_;
    const auto& next = *from.front();
    if (!takes_another(batch, running, next.bytes, limits)) return nullptr;
    if (next.upkeep != maintenance::none && batch.jobs > 0) return nullptr;
    // The transaction's durability was chosen when it began.
    if (next.needed == durability::full && !is_durable) return nullptr;
    if (chosen == lane::bulk) owes_bulk_ = false;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return from.pop_front();
}

void mutation_queue::give_back(job_list<write_job> unrun) noexcept {
    std::lock_guard lock(mutex_);
    waiting_.fetch_add(unrun.size(), std::memory_order_relaxed);
    auto bulk = unrun.extract_if([](const write_job& one) { return one.priority == priority::bulk; });
    unrun.append(normal_);
    normal_.swap(unrun);
    bulk.append(bulk_);
    bulk_.swap(bulk);
}

bool mutation_queue::needs_durability(std::size_t looked_at_max) const noexcept {
    std::lock_guard lock(mutex_);
    for (const auto* lane : {&normal_, &bulk_}) {
        std::size_t looked_at = 0;
        for (const auto* one = lane->front(); one != nullptr && looked_at < looked_at_max;
             one = job_list<write_job>::after(*one), ++looked_at)
            if (one->needed == durability::full) return true;
    }
    return false;
}

void mutation_queue::finished(std::size_t jobs, std::size_t bytes) noexcept {
    job_list<job> ready;
    {
        std::lock_guard lock(mutex_);
        jobs_ -= jobs;
        bytes_ -= bytes;
        ready = take_waiters_if_room();
    }
    release_waiters(std::move(ready), false);
}

void mutation_queue::close() noexcept {
    job_list<job> waiters;
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
        waiters.swap(room_waiters_);
    }
    release_waiters(std::move(waiters), true);
}

void mutation_queue::wait_until_drained() {
    std::unique_lock lock(mutex_);
    drained_.wait(lock, [this] { return !turn_posted_ && normal_.empty() && bulk_.empty(); });
}

// -- room ---

void mutation_queue::await_room(job_ptr<job> waiter) noexcept {
    job_list<job> ready;
    bool is_closed = false;
    {
        std::lock_guard lock(mutex_);
        room_waiters_.push_back(std::move(waiter));
        is_closed = closed_;
        if (is_closed) ready.swap(room_waiters_);
        else ready = take_waiters_if_room();
    }
    release_waiters(std::move(ready), is_closed);
}

job_list<job> mutation_queue::take_waiters_if_room() noexcept {
    job_list<job> ready;
    if (!room_waiters_.empty() && has_room()) ready.swap(room_waiters_);
    return ready;
}

void mutation_queue::release_waiters(job_list<job> ready, bool is_closed) noexcept {
    while (auto one = ready.pop_front()) {
        if (is_closed) one->fail(errc::stopping);
        deliver_or_keep(std::move(one), delivery::post, timer_);
    }
}

// -- what the timer and statistics see ---

steady_time mutation_queue::look(steady_time now) noexcept {
    job_list<write_job> gone;
    job_list<job> left;
    steady_time next = never;
    std::size_t bytes = 0;
    bool posts_turn = false;
    bool posts_slot = false;
    {
        std::lock_guard lock(mutex_);
        for (auto* lane : {&normal_, &bulk_}) {
            auto lapsed = lane->extract_if([&](const write_job& one) {
                if (has_lapsed(one, now)) return true;
                next = std::min(next, one.deadline);
                return false;
            });
            gone.append(lapsed);
        }
        for (const auto* one = gone.front(); one != nullptr; one = job_list<write_job>::after(*one))
            bytes += one->bytes;
        waiting_.fetch_sub(gone.size(), std::memory_order_relaxed);
        left = room_waiters_.extract_if([](const job& one) { return one.is_cancelled(); });
        posts_turn = std::exchange(turn_failed_, false);
        posts_slot = std::exchange(slot_failed_, false);
    }
    if (!gone.empty()) {
        lapsed_.fetch_add(gone.size(), std::memory_order_relaxed);
        finished(gone.size(), bytes);
        fail_lapsed(std::move(gone), timer_);
    }
    fail_lapsed(std::move(left), timer_);
    if (posts_turn) post_turn();
    if (posts_slot) post_slot();
    return next;
}

std::pair<std::size_t, std::size_t> mutation_queue::held() const noexcept {
    std::lock_guard lock(mutex_);
    return {jobs_, bytes_};
}

std::chrono::nanoseconds mutation_queue::age(steady_time now) const noexcept {
    std::lock_guard lock(mutex_);
    auto oldest = now;
    for (const auto* lane : {&normal_, &bulk_})
        if (const auto* one = lane->front()) oldest = std::min(oldest, one->accepted);
    return now - oldest;
}

}  // namespace carrel::detail
