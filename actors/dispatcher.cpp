#include "actors/dispatcher.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

}  // namespace

dispatcher::dispatcher(const reader::connection_source& open, snapshots& all, const options& settings)
    : settings_(settings),
      snapshots_(all),
      limit_(settings.readers_max),
      exhaustion_(settings.exhaustion_threshold) {
    for (std::size_t i = 0; i < settings.readers_max; ++i)
        workers_.push_back(std::make_unique<worker>(open, all, settings));
}

dispatcher::~dispatcher() { finish(); }

push_result dispatcher::submit(std::unique_ptr<read_job>& job) {
    // Counted in before the door is looked at: finish closes it and waits until nobody is between door and queue.
    submitting_.fetch_add(1);
    const auto outcome = closed_ ? push_result::closed : enqueue(job);
    if (submitting_.fetch_sub(1) == 1 && closed_) submitting_.notify_all();
    return outcome;
}

push_result dispatcher::enqueue(std::unique_ptr<read_job>& job) {
    if (queued_.fetch_add(1) >= settings_.read_queue_jobs_max) {
        finished_one();
        return push_result::full;
    }
    thread_local std::vector<reader_view> view;
    views(view);
    const auto chosen = choose_home(view);
    auto& home = *workers_[chosen];
    const bool was_idle = view[chosen].is_idle;
    if (!was_idle) waited_.add();
    std::call_once(home.started, [&] { start(home); });
    home.queue.push(std::move(job));
    // A reader that fell idle while we looked has looked at this queue before the push, or sees it being poked.
    if (!was_idle) wake_an_idle_one(home);
    return push_result::queued;
}

void dispatcher::views(std::vector<reader_view>& into) const {
    const auto limit = std::max<std::size_t>(1, limit_.load());
    into.resize(limit);
    for (std::size_t i = 0; i < limit; ++i) {
        const auto& one = *workers_[i];
        const auto queued = one.queue.size();
        into[i] = {one.is_idle.load() && queued == 0, one.desk.probe().is_open.load(), queued};
    }
}

void dispatcher::wake_an_idle_one(const worker& but) {
    const auto limit = limit_.load();
    for (std::size_t i = 0; i < limit; ++i)
        if (auto& one = *workers_[i]; &one != &but && one.is_idle) {
            std::call_once(one.started, [&] { start(one); });
            return one.queue.poke();
        }
}

void dispatcher::start(worker& one) {
    one.thread = std::thread([this, &one] {
        pthread_setname_np(pthread_self(), "carrel-reader");
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), settings_.background_nice);
        run(one);
    });
}

void dispatcher::finish() {
    closed_ = true;
    for (auto pushing = submitting_.load(); pushing != 0; pushing = submitting_.load()) submitting_.wait(pushing);
    leaving_ = true;
    for (auto& one : workers_) one->queue.poke();
    // Each leaves when nothing is left to take or steal; a worker never started has an empty queue.
    for (auto& one : workers_) {
        std::call_once(one->started, [] {});
        if (one->thread.joinable()) one->thread.join();
        one->desk.close();
    }
}

// -- one reader's thread ---

void dispatcher::run(worker& me) {
    me.idle_since = clock::now();
    for (;;) {
        // Asked before looking for work: what was queued before the door closed is then found.
        const bool leaving = leaving_;
        auto batch = find_work(me);
        if (!batch.empty()) {
            run_batch(me, std::move(batch));
            me.idle_since = clock::now();
        } else if (leaving) {
            return;
        } else {
            rest(me);
        }
    }
}

job_list<read_job> dispatcher::find_work(worker& me) {
    me.is_idle = false;
    const auto decide = [this](std::size_t queued, bool deep) {
        return reads_to_take(queued, deep, settings_.read_batch_jobs_max);
    };
    auto taken = me.queue.take(decide);
    if (!taken.empty()) return taken;
    // Idle before looking around: who pushes after our look sees the flag and pokes.
    me.is_idle = true;
    thread_local std::vector<reader_view> view;
    view.clear();
    std::size_t self = 0;
    for (const auto& one : workers_) {
        if (one.get() == &me) self = view.size();
        view.push_back({false, false, one->queue.size()});
    }
    const auto victim = choose_victim(view, self);
    if (!victim) return {};
    taken = workers_[*victim]->queue.take([](std::size_t, bool) { return std::size_t(1); });
    if (!taken.empty()) {
        me.is_idle = false;
        me.desk.probe().steals.add();
    }
    return taken;
}

void dispatcher::run_batch(worker& me, job_list<read_job> batch) {
    auto& probe = me.desk.probe();
    if (!wait_until_admitted(me, batch)) return;
    const auto begun = clock::now();
    probe.is_busy = true;
    me.desk.replace_if_old(begun);
    if (auto ready = me.desk.begin(begun); !ready) {
        fail_all(std::move(batch), ready.error());
    } else {
        while (auto job = batch.pop_front()) {
            run_one(me, std::move(job));
            if (batch.empty() || !sheds_rest(clock::now() - begun, settings_.read_budget)) continue;
            me.queue.give_back(std::move(batch));
            wake_an_idle_one(me);
            break;
        }
        me.desk.end();
    }
    const auto ended = clock::now();
    probe.is_busy = false;
    probe.window.busy(ended, ended - begun);
    probe.execution_nanoseconds.add(static_cast<std::uint64_t>((ended - begun).count()));
}

// The WAL may be long in shrinking: whoever no longer wants its read then is told so. False if nobody is left.
bool dispatcher::wait_until_admitted(worker& me, job_list<read_job>& batch) {
    constexpr std::chrono::milliseconds look_interval{20};
    while (!snapshots_.admits(look_interval)) {
        const auto now = clock::now();
        job_list<read_job> waiting;
        while (auto job = batch.pop_front()) {
            if (job->is_cancelled() || now >= job->deadline) run_one(me, std::move(job));  // which drops it
            else waiting.push_back(std::move(job));
        }
        batch.swap(waiting);
        if (batch.empty()) return false;
    }
    return true;
}

void dispatcher::run_one(worker& me, std::unique_ptr<read_job> job) {
    const auto now = clock::now();
    note_wait(me, now - job->accepted, now);
    if (job->is_cancelled() || now >= job->deadline) {
        me.desk.probe().expired.add();
        job->fail(job->is_cancelled() ? errc::cancelled : errc::deadline_exceeded);
    } else {
        const auto before = sqlite::thread_time();
        me.desk.run(*job, std::nullopt);
        job->cost = sqlite::thread_time() - before;
    }
    finished_one();
    homeward home;
    home.add(std::move(job));
    home.send();
}

void dispatcher::fail_all(job_list<read_job> batch, const error& reason) {
    homeward home;
    while (auto job = batch.pop_front()) {
        finished_one();
        job->fail(reason);
        home.add(std::move(job));
    }
    home.send();
}

void dispatcher::rest(worker& me) {
    note_rest();
    auto& probe = me.desk.probe();
    if (me.desk.is_open() && idle_open_count() > settings_.readers_idle) {
        me.desk.close();
        probe.closed_max_idle.add();
    }
    if (!me.desk.is_open()) {
        me.queue.wait(std::nullopt);
        return;
    }
    const bool for_ever = settings_.reader_idle_time.count() == 0;
    if (me.queue.wait(for_ever ? std::nullopt : std::optional<std::chrono::nanoseconds>(settings_.reader_idle_time)))
        return;
    const auto now = clock::now();
    if (upkeep_of(me.desk.age(now, me.idle_since), {}, settings_.reader_idle_time) != upkeep::close_idle) return;
    me.desk.close();
    probe.closed_idle_time.add();
}

std::size_t dispatcher::idle_open_count() const noexcept {
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [](const auto& one) {
        return one->is_idle.load() && one->desk.probe().is_open.load();
    }));
}

// -- what is told ---

void dispatcher::note_wait(worker& me, std::chrono::nanoseconds wait, steady_time now) {
    me.desk.probe().waits.waited(wait);
    if (wait <= settings_.exhaustion_threshold) return;
    std::lock_guard lock(episode_mutex_);
    if (!exhaustion_.took_after(wait, now)) return;
    episode_on_ = true;
    episodes_.add();
    if (settings_.log)
        settings_.log(log_level::warning, "readers exhausted: all are busy and reads wait longer than the threshold");
}

void dispatcher::note_rest() {
    if (!episode_on_ || queued_.load() != 0) return;
    std::lock_guard lock(episode_mutex_);
    const auto ended = exhaustion_.came_to_rest(clock::now());
    episode_on_ = false;
    if (!ended || !settings_.log) return;
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(ended->length).count();
    settings_.log(log_level::warning, "reader exhaustion over after " + std::to_string(length) + " ms, " +
                                          std::to_string(ended->jobs) + " reads waited");
}

std::chrono::nanoseconds dispatcher::queue_age(steady_time now) {
    std::chrono::nanoseconds oldest{0};
    for (const auto& one : workers_)
        if (const auto since = one->queue.oldest()) oldest = std::max<std::chrono::nanoseconds>(oldest, now - *since);
    return oldest;
}

void dispatcher::add_to(database_stats& stats) const {
    for (const auto& one : workers_) {
        add_reader(one->desk.probe(), stats);
        stats.readers.queue_jobs += one->queue.size();
    }
    stats.read.wait_count += waited_.get();
    stats.read.exhaustion_episodes += episodes_.get();
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
    pool.in_use += probe.is_busy ? 1 : 0;
    pool.closed_max_idle += probe.closed_max_idle.get();
    pool.closed_idle_time += probe.closed_idle_time.get();
    pool.closed_lifetime += probe.closed_lifetime.get();
    pool.utilization += probe.window.busy_seconds(std::chrono::steady_clock::now());
    probe.waits.add_to(pool.waits);
}

}  // namespace carrel::detail
