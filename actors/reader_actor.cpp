#include "actors/reader_actor.hpp"

#include "actors/read_dispatcher.hpp"
#include "actors/reply_batch.hpp"
#include "actors/thread.hpp"

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

// How long a reader waits for the WAL to shrink before it looks whether its reads still wait.
constexpr std::chrono::milliseconds admission_interval{20};

}  // namespace

reader_actor::reader_actor(read_dispatcher& dispatcher, const read_connection::source& open, snapshot_registry& all,
                           const options& settings, sqlite::run_slot& slot)
    : dispatcher_(dispatcher),
      settings_(settings),
      snapshots_(all),
      connection_(open, all, settings, slot) {}

bool reader_actor::start() noexcept {
    if (is_started_.load()) return true;
    std::lock_guard lock(start_mutex_);
    if (is_started_.load()) return true;
    try {
        thread_ = start_thread("carrel-reader", settings_.background_nice, [this] {
            const actor_scope scope(dispatcher_.engine_id());
            run();
        });
        is_started_ = true;
    } catch (...) {
        return false;
    }
    return true;
}

void reader_actor::join() noexcept {
    std::lock_guard lock(start_mutex_);
    is_started_ = true;  // nobody starts it from now on
    if (thread_.joinable()) thread_.join();
    connection_.close();
}

void reader_actor::cancel_running() noexcept {
    std::lock_guard lock(running_mutex_);
    if (running_ != nullptr) running_->cancelled = true;
}

void reader_actor::run() {
    idle_since_ = clock::now();
    for (;;) {
        // Read before looking for work: what was queued before the intake closed is then found.
        const bool leaves = dispatcher_.is_leaving();
        is_idle_ = false;
        if (dispatcher_.has_work() && !snapshots_.admits(admission_interval)) continue;
        if (auto first = dispatcher_.next_for(*this)) {
            run_batch(std::move(first));
            idle_since_ = clock::now();
            continue;
        }
        // Idle before the last look around: who pushes after it sees the flag and wakes us.
        is_idle_ = true;
        if (dispatcher_.has_work()) continue;
        if (leaves) return;
        rest();
    }
}

void reader_actor::run_batch(job_ptr<read_job> first) {
    auto& probe = connection_.probe();
    const auto begun = clock::now();
    const bool is_deep = first->is_deep;
    const auto expected_cost = first->expected_cost;
    probe.window.began(begun);
    connection_.replace_if_old(begun);
    // A read joins the snapshot only if it was sent before the snapshot was begun: it sees what was acknowledged then.
    const auto last_ticket = queue_.last_ticket();
    if (auto ready = connection_.begin(begun); !ready) {
        first->fail(std::move(ready).error());
        dispatcher_.reply(std::move(first));
    } else {
        run_one(std::move(first));
        for (std::size_t jobs = 1; !is_deep && jobs < settings_.read_batch_jobs_max &&
                                   !sheds_rest(clock::now() - begun, settings_.read_budget);
             ++jobs) {
            auto next = queue_.take(last_ticket);
            if (!next) break;
            run_one(std::move(next));
        }
        connection_.end();
    }
    if (is_deep) dispatcher_.deep_ended(expected_cost);
    const auto ended = clock::now();
    probe.window.ended(ended);
    probe.execution_nanoseconds.add(ended - begun);
    if (queue_.size() > 0) dispatcher_.wake_an_idle_one(this);
}

void reader_actor::run_one(job_ptr<read_job> one) noexcept {
    const auto now = clock::now();
    dispatcher_.note_wait(*this, now - one->accepted, now);
    if (has_lapsed(*one, now)) {
        connection_.probe().expired.add();
        one->fail(reason_lapsed(*one));
    } else {
        run_job(*one);
    }
    dispatcher_.reply(std::move(one));
}

void reader_actor::run_job(read_job& one) noexcept {
    {
        std::lock_guard lock(running_mutex_);
        running_ = &one;
        if (dispatcher_.is_cancelling()) one.cancelled = true;
    }
    const auto begun = clock::now();
    const auto before = sqlite::thread_time();
    if (!one.holds_snapshot) connection_.end();
    connection_.run(one, begun, std::nullopt);
    if (!one.holds_snapshot) (void)connection_.begin(clock::now());  // for those that share the batch
    one.cost = sqlite::thread_time() - before;
    {
        std::lock_guard lock(running_mutex_);
        running_ = nullptr;
    }
    const auto ended = clock::now();
    dispatcher_.note_cost(one, ended - begun);
    dispatcher_.note_held(connection_.longest_statement(), begun, ended);
}

void reader_actor::rest() {
    dispatcher_.note_rest();
    auto& probe = connection_.probe();
    if (connection_.is_open() && dispatcher_.is_idle_beyond(*this)) {
        connection_.close();
        probe.closed_max_idle.add();
        return;  // what came meanwhile woke nobody here
    }
    const bool for_ever = !connection_.is_open() || settings_.reader_idle_time.count() == 0;
    const auto at_most = for_ever ? std::nullopt : std::optional<std::chrono::nanoseconds>(settings_.reader_idle_time);
    if (awake_.wait(at_most)) return;
    const auto now = clock::now();
    if (upkeep_of(connection_.age(now, idle_since_), {}, settings_.reader_idle_time) != upkeep::close_idle) return;
    connection_.close();
    probe.closed_idle_time.add();
}

}  // namespace carrel::detail
