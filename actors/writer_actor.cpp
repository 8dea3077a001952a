#include "actors/writer_actor.hpp"

#include "actors/log.hpp"
#include "actors/thread.hpp"
#include "sqlite/cache_use.hpp"
#include "sqlite/failpoints.hpp"
#include "sqlite/open_mark.hpp"

#include <carrel/detail/work.hpp>

#include <algorithm>
#include <utility>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds follower_time_max_at_end{5'000};

}  // namespace

writer_actor::writer_actor(std::unique_ptr<sqlite::connection> connection, std::uint64_t sequence,
                           const options& settings, boost::asio::any_io_executor executor, snapshot_registry& readers,
                           deadline_timer& timer, std::uint64_t engine_id, sqlite::query_registry& queries)
    : settings_(settings),
      engine_id_(engine_id),
      limits_{failpoints::is_set(failpoint::single_connection) ? 1 : settings.batch_jobs_max, settings.batch_bytes_max,
              settings.batch_time_max},
      checkpoints_{static_cast<int>(settings.checkpoint_frames),
                   std::max(1, static_cast<int>(settings.checkpoint_frames / 4))},
      queries_(queries),
      commits_(queries.record_of("COMMIT")),
      wal_work_(queries.record_of("PRAGMA wal_checkpoint")),
      timer_(timer),
      readers_(readers),
      connection_(std::move(connection)),
      transaction_(*connection_, settings, probe_, sequence),
      replies_(timer),
      changes_([this] { queue_.wake(); }),
      exhaustion_(settings.exhaustion_threshold),
      queue_(
          std::move(executor), [this] { turn(); }, settings.write_queue_jobs_max, settings.write_queue_bytes_max,
          timer) {
    connection_->yields_to(queue_.waiting());
    connection_->meter().show_in(queries.enroll(query_lane::writer));
    probe_.opened.add();
    probe_.is_open = true;
}

push_result writer_actor::push(job_ptr<write_job>& one) noexcept {
    const bool is_busy = probe_.window.is_busy();
    const auto outcome = queue_.push(one);
    if (is_busy && outcome == push_result::queued) probe_.waited.add();
    return outcome;
}

result<void> writer_actor::close() noexcept {
    result<void> outcome;
    if (refusal() == errc::writer_poisoned) {
        outcome = error_with(make_error_code(errc::outcome_unknown), "a commit failed in fsync");
    } else if (refusal()) {
        outcome = error(*refusal());
    } else {
        clear_mark();
        if (!is_released(follower_time_max_at_end)) {
            sqlite::keep_wal(*connection_);
            write_log(settings_, log_level::warning, "the WAL stays beside the file: not all of it was archived");
        } else if (auto last = connection_->checkpoint(sqlite::checkpoint_mode::truncate); !last) {
            outcome = std::move(last).error();
        }
    }
    connection_.reset();
    probe_.is_open = false;
    return outcome;
}

std::optional<errc> writer_actor::refusal() const noexcept {
    const int why = refusal_.load();
    return why == 0 ? std::nullopt : std::optional(static_cast<errc>(why));
}

void writer_actor::refuse_writes(errc why, const error& reason) noexcept {
    int none = 0;
    if (refusal_.compare_exchange_strong(none, static_cast<int>(why)))
        write_log(settings_, log_level::error, "no write is accepted any more, restart needed: ", reason);
}

// -- a turn ---

void writer_actor::turn() noexcept {
    const actor_scope scope(engine_id_);
    probe_.window.began(clock::now());
    const bool is_idle = queue_.is_empty();
    try {
        if (!is_idle) run_batch();
    } catch (...) {
        abandon(error_of_exception());
    }
    const auto tended_since = clock::now();
    note_held(tended_since);
    changes_.take_turn(*connection_, transaction_.sequence(), refusal());
    try {
        tend_wal(is_idle);
    } catch (...) {
        // Without memory for its error a checkpoint has failed as any other; the next turn tries again.
        has_checkpoint_failed_ = true;
    }
    const auto ended = clock::now();
    exhaustion_.held(wal_work_->key, tended_since, ended);
    probe_.window.ended(ended);
    if (queue_.is_empty()) note_rest();
    constexpr std::chrono::milliseconds attention_interval{50};
    const auto next = wants_attention() ? clock::now() + attention_interval : never;
    attention_at_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
    timer_.notice(next);
}

steady_time writer_actor::look(steady_time now) noexcept {
    const auto at = steady_time(clock::duration(attention_at_.load(std::memory_order_relaxed)));
    if (now < at) return at;
    attention_at_.store(never.time_since_epoch().count(), std::memory_order_relaxed);
    queue_.wake();
    return never;
}

// -- one transaction ---

void writer_actor::run_batch() {
    reruns_in_batch_ = 0;
    const auto begun = clock::now();
    const bool singly = run_singly_ > 0;
    auto batch = queue_.begin_batch();
    const auto limits = limits_now();
    if (!begin_transaction()) return;
    while (run_next(batch, limits, begun)) {
    }
    probe_.execution_nanoseconds.add(clock::now() - begun);
    if (singly && run_singly_ > 0) --run_singly_;
    if (transaction_.is_open()) commit();
    probe_.cache.used(sqlite::take_cache_use(*connection_));
    reply();
}

bool writer_actor::begin_transaction() {
    if (refuses()) {
        fail_waiting(error(*refusal()));
        return false;
    }
    // What could be in the batch decides, since the setting cannot change inside a transaction.
    const auto wanted = queue_.needs_durability(limits_.jobs_max) ? durability::full : durability::normal;
    auto begun = transaction_.begin(wanted);
    if (begun) return true;
    fail_waiting(begun.error());
    return false;
}

// Group commit: what arrives while the batch runs joins it. The writer never waits for more.
bool writer_actor::run_next(batch_state& batch, const batch_limits& limits, steady_time begun) {
    auto one = queue_.pop(batch, limits, clock::now() - begun, transaction_.is_durable());
    if (!one) return false;
    if (one->upkeep != maintenance::none) {
        run_maintenance(std::move(one));
        return false;
    }
    ++batch.jobs;
    batch.bytes += one->bytes;
    batch.has_bulk |= one->priority == priority::bulk;
    run_one(std::move(one));
    return !refuses() && (transaction_.is_open() || begin_transaction());
}

void writer_actor::run_one(job_ptr<write_job> one) noexcept {
    const auto now = clock::now();
    const auto wait = now - one->accepted;
    if (has_lapsed(*one, now)) {
        const auto why = reason_lapsed(*one);
        return drop(std::move(one), why);
    }
    probe_.waits.waited(wait);
    note_held(now);
    const bool begins = exhaustion_.took_after(wait, now);
    if (exhaustion_.is_on()) exhaustion_.saw_queue(queue_.waiting().load(std::memory_order_relaxed) + 1);
    if (begins) {
        probe_.episodes.add();
        log_episode_begin(settings_, writer_episode, queries_, exhaustion_.so_far(now));
    }
    held_since_ = now;
    is_held_ = true;
    if (transaction_.run(std::move(one), now) == writer_transaction::fate::took_transaction) rerun_survivors();
}

void writer_actor::rerun_survivors() noexcept {
    if (transaction_.is_open()) {
        // What could not be undone must never be committed; it goes with the connection.
        refuse_writes(errc::writer_poisoned, error(errc::work_threw));
        return;
    }
    auto survivors = transaction_.take_survivors();
    if (survivors.empty()) return;
    probe_.reruns.add();
    if (++reruns_in_batch_ >= reruns_max) run_singly_ = std::max(run_singly_, survivors.size() + 1);
    queue_.give_back(std::move(survivors));
}

void writer_actor::commit() noexcept {
    if (refuses()) return abandon(error(*refusal()));
    if (failpoints::is_set(failpoint::early_ack) && transaction_.has_written()) {
        transaction_.acknowledge(transaction_.sequence() + 1);
        reply();
    }
    const bool writes = transaction_.has_written();
    const auto begun = clock::now();
    note_held(begun);
    const auto done = transaction_.commit();
    const auto ended = clock::now();
    if (writes) {
        commits_->add({ended - begun, {}, 0, done != writer_transaction::ending::done, ended}, 1);
        exhaustion_.held(commits_->key, begun, ended);
    }
    switch (done) {
        case writer_transaction::ending::done:
            if (writes) notify_follower();
            return;
        case writer_transaction::ending::failed:
            write_log(settings_, log_level::error, "commit failed: ", transaction_.failure());
            return;
        case writer_transaction::ending::run_singly: {
            write_log(settings_, log_level::error, "commit failed: ", transaction_.failure());
            auto survivors = transaction_.take_survivors();
            run_singly_ = std::max(run_singly_, survivors.size());
            probe_.reruns.add();
            queue_.give_back(std::move(survivors));
            return;
        }
        case writer_transaction::ending::outcome_unknown:
            refuse_writes(errc::writer_poisoned, transaction_.failure());
            return;
    }
}

void writer_actor::abandon(const error& reason) noexcept {
    if (!transaction_.fail(reason)) refuse_writes(errc::writer_poisoned, reason);
    reply();
}

void writer_actor::fail_waiting(const error& reason) noexcept {
    transaction_.fail(reason);
    for (auto one = queue_.pop({}, limits_, {}, true); one; one = queue_.pop({}, limits_, {}, true)) {
        one->fail(error(reason.code()));
        ++finished_jobs_;
        finished_bytes_ += one->bytes;
        replies_.add(std::move(one));
    }
    reply();
}

void writer_actor::drop(job_ptr<write_job> one, errc why) noexcept {
    probe_.expired.add();
    ++finished_jobs_;
    finished_bytes_ += one->bytes;
    one->fail(why);
    replies_.add(std::move(one));
}

void writer_actor::reply() noexcept {
    auto finished = transaction_.take_finished();
    while (auto one = finished.pop_front()) {
        probe_.jobs.add();
        if (one->has_failed()) probe_.jobs_failed.add();
        ++finished_jobs_;
        finished_bytes_ += one->bytes;
        replies_.add(std::move(one));
    }
    queue_.finished(std::exchange(finished_jobs_, 0), std::exchange(finished_bytes_, 0));
    replies_.send();
}

batch_limits writer_actor::limits_now() const noexcept {
    auto limits = limits_;
    if (run_singly_ > 0) limits.jobs_max = 1;
    return limits;
}

}  // namespace carrel::detail
