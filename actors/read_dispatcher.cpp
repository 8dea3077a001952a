#include "actors/read_dispatcher.hpp"

#include "actors/job_times.hpp"
#include "actors/log.hpp"
#include "actors/reply_batch.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t readers_limit = 256;  // of options::readers_max

}  // namespace

read_dispatcher::read_dispatcher(const read_connection::source& open, snapshot_registry& all, const options& settings,
                                 deadline_timer& timer, std::uint64_t engine_id, sqlite::query_registry& queries)
    : settings_(settings),
      timer_(timer),
      queries_(queries),
      engine_id_(engine_id),
      limit_(settings.readers_max),
      exhaustion_(settings.exhaustion_threshold) {
    for (std::size_t i = 0; i < settings.readers_max; ++i)
        readers_.push_back(
            std::make_unique<reader_actor>(*this, open, all, settings, queries.enroll(query_lane::background)));
}

read_dispatcher::~read_dispatcher() {
    close();
    finish();
}

// -- intake ---

read_dispatcher::outcome read_dispatcher::submit(job_ptr<read_job>& one) noexcept {
    // Register before testing `is_closed_`, so that `finish` waits for us.
    submitting_.fetch_add(1);
    const auto deadline = one->deadline;
    const auto done = is_closed_ ? outcome::closed : enqueue(one);
    if (submitting_.fetch_sub(1) == 1 && is_closed_) submitting_.notify_all();
    if (done == outcome::queued) timer_.notice(deadline);
    return done;
}

read_dispatcher::outcome read_dispatcher::enqueue(job_ptr<read_job>& one) noexcept {
    const auto expected = costs_.expected(one->fingerprint);
    one->expected_cost = expected.value_or(std::chrono::nanoseconds(0));
    one->is_deep = is_deep(one->fingerprint, expected);
    if (queued_.fetch_add(1) >= settings_.read_queue_jobs_max) {
        queued_.fetch_sub(1);
        return outcome::full;
    }
    outcome done = outcome::queued;
    if (one->is_deep) {
        done = enqueue_deep(one);
    } else if (auto* const chosen = reader_of_new()) {
        const bool was_idle = chosen->is_idle() && chosen->queue().size() == 0;
        if (!was_idle) waited_.add();
        chosen->queue().push(std::move(one));
        chosen->wake();
        // A reader that fell idle while we looked has looked at this queue before the push, or is woken now.
        if (!was_idle) wake_an_idle_one(chosen);
    } else {
        done = outcome::no_thread;
    }
    if (done != outcome::queued) queued_.fetch_sub(1);
    if (episode_on_.load(std::memory_order_relaxed)) {
        const auto now_waiting = waiting();
        std::lock_guard lock(episode_mutex_);
        exhaustion_.saw_queue(now_waiting);
    }
    return done;
}

read_dispatcher::outcome read_dispatcher::enqueue_deep(job_ptr<read_job>& one) noexcept {
    if (!can_be_served(deep_load(), one->expected_cost, one->deadline - clock::now())) return outcome::full;
    if (reader_of_new() == nullptr) return outcome::no_thread;
    if (deep_running_.load() >= deep_at_a_time()) waited_.add();
    deep_.push(std::move(one));
    wake_an_idle_one(nullptr);
    return outcome::queued;
}

read_load read_dispatcher::deep_load() noexcept {
    // On average half of what runs is done.
    const std::chrono::nanoseconds left(deep_running_cost_.load(std::memory_order_relaxed) / 2);
    return {deep_.expected_cost(costs_.mean()), left, deep_running_.load(), deep_at_a_time()};
}

std::size_t read_dispatcher::deep_at_a_time() const noexcept {
    static const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
    const auto wanted = settings_.deep_reads_max == 0 ? processors : settings_.deep_reads_max;
    return std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, limit_.load()));
}

std::size_t read_dispatcher::waiting() const noexcept {
    auto all = deep_.size();
    for (const auto& one : readers_) all += one->queue().size();
    return all;
}

reader_actor* read_dispatcher::reader_of_new() noexcept {
    const auto limit = std::clamp<std::size_t>(limit_.load(), 1, readers_.size());
    std::array<reader_view, readers_limit> views;
    for (std::size_t i = 0; i < limit; ++i) {
        const auto& one = *readers_[i];
        const auto queued = one.queue().size();
        views[i] = {one.is_idle() && queued == 0, one.is_open(), queued};
    }
    auto& chosen = *readers_[choose_reader(std::span(views.data(), limit))];
    if (chosen.start()) return &chosen;
    // The system has no room for a thread: those that run take it.
    const auto started =
        std::find_if(readers_.begin(), readers_.end(), [](const auto& one) { return one->is_started(); });
    return started == readers_.end() ? nullptr : started->get();
}

void read_dispatcher::wake_an_idle_one(const reader_actor* but) noexcept {
    const auto limit = std::min(limit_.load(), readers_.size());
    for (std::size_t i = 0; i < limit; ++i)
        if (auto& one = *readers_[i]; &one != but && one.is_idle() && one.start()) return one.wake();
}

// -- what a reader runs next ---

bool read_dispatcher::has_work() const noexcept {
    return deep_may_run() ||
           std::any_of(readers_.begin(), readers_.end(), [](const auto& one) { return one->queue().size() > 0; });
}

job_ptr<read_job> read_dispatcher::next_for(reader_actor& me) noexcept {
    if (auto own = me.queue().take()) return own;
    if (auto stolen = steal(me)) return stolen;
    return take_deep();
}

// Loops until nothing is left to steal: another thief may be faster at the first choice.
job_ptr<read_job> read_dispatcher::steal(reader_actor& me) noexcept {
    for (;;) {
        std::array<reader_view, readers_limit> views;
        std::size_t self = 0;
        for (std::size_t i = 0; i < readers_.size(); ++i) {
            if (readers_[i].get() == &me) self = i;
            views[i] = {false, false, readers_[i]->queue().size()};
        }
        const auto victim = choose_victim(std::span(views.data(), readers_.size()), self);
        if (!victim) return nullptr;
        if (auto taken = readers_[*victim]->queue().take()) {
            me.note_steal();
            note_stolen(*taken);
            return taken;
        }
    }
}

job_ptr<read_job> read_dispatcher::take_deep() noexcept {
    for (auto running = deep_running_.load(); deep_.size() > 0 && running < deep_at_a_time();) {
        if (!deep_running_.compare_exchange_weak(running, running + 1)) continue;
        if (auto taken = deep_.take()) {
            deep_running_cost_.fetch_add(taken->expected_cost.count(), std::memory_order_relaxed);
            return taken;
        }
        deep_running_.fetch_sub(1);
        running = deep_running_.load();
    }
    return nullptr;
}

void read_dispatcher::deep_ended(std::chrono::nanoseconds expected_cost) noexcept {
    deep_running_cost_.fetch_sub(expected_cost.count(), std::memory_order_relaxed);
    deep_running_.fetch_sub(1);
    if (deep_may_run()) wake_an_idle_one(nullptr);
}

void read_dispatcher::note_cost(const read_job& ran, std::chrono::nanoseconds time) noexcept {
    // One that was cut short costs at least what it took, and would look cheap if it counted as whole.
    if (!ran.has_failed() || time > ran.expected_cost) costs_.took(ran.fingerprint, time);
}

void read_dispatcher::reply(job_ptr<read_job> finished) noexcept {
    queued_.fetch_sub(1);
    reply_batch replies(timer_);
    replies.add(std::move(finished));
    replies.send();
}

bool read_dispatcher::is_idle_beyond(reader_actor& me) noexcept {
    std::lock_guard lock(idle_mutex_);
    const auto idle = std::count_if(readers_.begin(), readers_.end(),
                                    [](const auto& one) { return one->is_idle() && one->is_open(); });
    if (static_cast<std::size_t>(idle) <= settings_.readers_idle) return false;
    me.note_busy();
    return true;
}

// -- deadlines and the end ---

steady_time read_dispatcher::look(steady_time now) noexcept {
    // Nobody may take what waits for long.
    if (const auto age = queue_age(now); age > settings_.exhaustion_threshold) note_wait_of(age, now, false);
    auto next = never;
    job_list<read_job> gone = deep_.take_lapsed(now, next);
    for (auto& one : readers_) {
        auto lapsed = one->queue().take_lapsed(now, next);
        gone.append(lapsed);
    }
    if (gone.empty()) return next;
    queued_.fetch_sub(gone.size());
    lapsed_.add(gone.size());
    fail_lapsed(std::move(gone), timer_);
    return next;
}

void read_dispatcher::cancel_all() noexcept {
    is_cancelling_ = true;  // a read that was taken and does not run yet is in neither place
    deep_.cancel_all();
    for (auto& one : readers_) {
        one->queue().cancel_all();
        one->cancel_running();
    }
    timer_.notice(clock::now());
}

void read_dispatcher::finish() noexcept {
    for (auto pushing = submitting_.load(); pushing != 0; pushing = submitting_.load()) submitting_.wait(pushing);
    is_leaving_ = true;
    for (auto& one : readers_) one->wake();
    // Each leaves when nothing is left to take or steal; one that never started has an empty queue.
    for (auto& one : readers_) one->join();
}

std::chrono::nanoseconds read_dispatcher::queue_age(steady_time now) noexcept {
    std::chrono::nanoseconds oldest{0};
    const auto consider = [&](steal_queue& queue) {
        if (const auto since = queue.oldest()) oldest = std::max<std::chrono::nanoseconds>(oldest, now - *since);
    };
    consider(deep_);
    for (auto& one : readers_) consider(one->queue());
    return oldest;
}

// -- statistics ---

void read_dispatcher::note_wait(reader_actor& me, std::chrono::nanoseconds wait, steady_time now) noexcept {
    me.note_wait(wait);
    if (wait > settings_.exhaustion_threshold) note_wait_of(wait, now, true);
}

void read_dispatcher::note_wait_of(std::chrono::nanoseconds wait, steady_time now, bool is_taken) noexcept {
    const auto queued = waiting() + (is_taken ? 1 : 0);
    exhaustion::episode on;
    {
        std::lock_guard lock(episode_mutex_);
        const bool begins = is_taken ? exhaustion_.took_after(wait, now) : exhaustion_.waits(wait, now);
        exhaustion_.saw_queue(queued);
        if (!begins) return;
        on = exhaustion_.so_far(now);
    }
    episode_on_ = true;
    episodes_.add();
    log_episode_begin(settings_, reader_episode, queries_, on);
}

void read_dispatcher::note_held(std::uint64_t statement, steady_time begun, steady_time ended) noexcept {
    // What is short is of interest only while others wait.
    if (!episode_on_.load(std::memory_order_relaxed) && ended - begun <= settings_.exhaustion_threshold) return;
    std::lock_guard lock(episode_mutex_);
    exhaustion_.held(statement, begun, ended);
}

void read_dispatcher::note_rest() noexcept {
    if (!episode_on_ || queued_.load() != 0) return;
    std::optional<exhaustion::episode> ended;
    {
        std::lock_guard lock(episode_mutex_);
        ended = exhaustion_.came_to_rest(clock::now());
        episode_on_ = false;
    }
    if (ended) log_episode_end(settings_, reader_episode, queries_, *ended);
}

void read_dispatcher::add_to(database_stats& stats) const {
    for (const auto& one : readers_) {
        add_reader(one->probe(), stats);
        stats.readers.queue_jobs += one->queue().size();
    }
    stats.readers.queue_jobs += deep_.size();
    stats.read.wait_count += waited_.get();
    stats.read.exhaustion_episodes += episodes_.get();
    stats.expired += lapsed_.get();
}

void add_reader(const actor_probe& probe, database_stats& stats) {
    auto& readers = stats.readers;
    readers.jobs += probe.jobs.get();
    readers.jobs_failed += probe.jobs_failed.get();
    readers.batches += probe.batches.get();
    readers.steals += probe.steals.get();
    readers.snapshots_interrupted += probe.snapshots_interrupted.get();
    readers.execution_seconds_total += static_cast<double>(probe.execution_nanoseconds.get()) * 1e-9;
    stats.expired += probe.expired.get();
    auto& pool = stats.read;
    pool.open += probe.is_open ? 1 : 0;
    pool.in_use += probe.window.is_busy() ? 1 : 0;
    pool.closed_max_idle += probe.closed_max_idle.get();
    pool.closed_idle_time += probe.closed_idle_time.get();
    pool.closed_lifetime += probe.closed_lifetime.get();
    pool.utilization += probe.window.busy_seconds(clock::now());
    probe.waits.add_to(pool.waits);
    probe.cache.add_to(pool.cache);
}

}  // namespace carrel::detail
