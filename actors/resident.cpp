#include "actors/resident.hpp"

#include "actors/engine.hpp"

#include <boost/asio/post.hpp>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

// Set while the thread runs a shard's context. One thread may serve one shard of several databases: the last one wins,
// the others' reads go to background readers.
thread_local shard_core* shard_of_thread = nullptr;
thread_local const engine* engine_of_thread = nullptr;

}  // namespace

shard_core::shard_core(std::shared_ptr<engine> owner, boost::asio::io_context& context,
                       std::unique_ptr<reader> resident)
    : owner_(std::move(owner)),
      context_(context),
      resident_(std::move(resident)) {
    // The connection says so when the work asks for the statement, before anything of it runs.
    resident_->refuse_deep([this](std::uint64_t fingerprint) { return deep_.contains(fingerprint); });
}

result<void> shard_core::attach() {
    if (auto opened = resident_->open(); !opened) return opened;
    boost::asio::post(context_, [self = shared_from_this()] {
        shard_of_thread = self.get();
        engine_of_thread = self->owner_.get();
    });
    return {};
}

shard_core* shard_core::of_this_thread(const engine& owner) noexcept {
    return engine_of_thread == &owner ? shard_of_thread : nullptr;
}

void shard_core::detach() {
    job_list<job> left;
    {
        std::lock_guard lock(mutex_);
        attached_ = false;
        left.swap(arrivals_);
    }
    if (shard_of_thread == this) shard_of_thread = nullptr, engine_of_thread = nullptr;
    while (auto job = left.pop_front()) job.release()->deliver();
    hand_on(pending_);
    resident_->close();
}

void shard_core::submit(std::unique_ptr<read_job> job) {
    pending_.push_back(std::move(job));
    if (drain_posted_) return;
    drain_posted_ = true;
    // Behind every handler that is ready now: their reads join this turn's batch.
    boost::asio::post(context_, [self = shared_from_this()] { self->drain(); });
}

void shard_core::drain() {
    drain_posted_ = false;
    job_list<read_job> turn;
    turn.swap(pending_);
    job_list<job> done;
    job_list<read_job> handed_on;
    auto& probe = resident_->probe();
    const auto begun = clock::now();
    probe.is_busy = true;
    run_turn(turn, done, handed_on);
    const auto ended = clock::now();
    probe.is_busy = false;
    probe.window.busy(ended, ended - begun);
    probe.execution_nanoseconds.add(static_cast<std::uint64_t>((ended - begun).count()));
    hand_on(handed_on);
    while (auto job = done.pop_front()) job.release()->deliver();
}

void shard_core::run_turn(job_list<read_job>& turn, job_list<job>& done, job_list<read_job>& handed_on) {
    const auto begun = clock::now();
    resident_->replace_if_old(begun);
    if (auto ready = resident_->begin(begun); !ready) {
        while (auto job = turn.pop_front()) {
            job->fail(ready.error());
            job->release_work();
            done.push_back(std::move(job));
        }
        return;
    }
    const std::chrono::nanoseconds budget = owner_->settings().read_budget;
    const auto processor_begun = sqlite::thread_time();
    while (auto job = turn.pop_front()) {
        const auto now = clock::now();
        // Asked by the clock first: reading the processor's time is a system call.
        if (sheds_rest(now - begun, budget) && sheds_rest(sqlite::thread_time() - processor_begun, budget)) {
            handed_on.push_back(std::move(job));
            continue;
        }
        run_one(std::move(job), now, done, handed_on);
    }
    resident_->end();
}

void shard_core::run_one(std::unique_ptr<read_job> next, steady_time now, job_list<job>& done,
                         job_list<read_job>& handed_on) {
    const std::chrono::nanoseconds budget = owner_->settings().read_budget;
    resident_->probe().waits.waited(now - next->accepted);
    if (next->is_cancelled() || now >= next->deadline) {
        resident_->probe().expired.add();
        next->fail(next->is_cancelled() ? errc::cancelled : errc::deadline_exceeded);
    } else if (resident_->run(*next, sqlite::budget_clock(now, budget)) == reader::fate::over_budget) {
        if (deep_.contains(next->fingerprint)) known_deep_.add();
        else overruns_.add();
        deep_.overran(next->fingerprint, budget);
        handed_on.push_back(std::move(next));
        return;
    }
    next->release_work();
    done.push_back(std::move(next));
}

void shard_core::hand_on(job_list<read_job>& jobs) {
    while (auto job = jobs.pop_front()) {
        job->home = shared_from_this();
        owner_->submit_background(std::move(job));
    }
}

bool shard_core::arrive(job_list<job>& finished) {
    bool was_empty = false;
    {
        std::lock_guard lock(mutex_);
        if (!attached_) return false;
        was_empty = arrivals_.empty();
        arrivals_.append(finished);
    }
    if (was_empty) boost::asio::post(context_, [self = shared_from_this()] { self->welcome(); });
    return true;
}

void shard_core::welcome() {
    job_list<job> came;
    {
        std::lock_guard lock(mutex_);
        came.swap(arrivals_);
    }
    const std::chrono::nanoseconds budget = owner_->settings().read_budget;
    while (auto job = came.pop_front()) {
        if (job->fingerprint != 0) deep_.cost_was(job->fingerprint, job->cost, budget);
        job->home.reset();
        job.release()->deliver();
    }
}

}  // namespace carrel::detail
