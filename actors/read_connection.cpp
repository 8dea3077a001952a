#include "actors/read_connection.hpp"

#include "actors/job_times.hpp"
#include "actors/log.hpp"

#include "sqlite/cache_use.hpp"
#include "sqlite/failpoints.hpp"

#include <carrel/detail/work.hpp>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

result<std::unique_ptr<sqlite::connection>> read_connection::fresh_connection() {
    result<std::unique_ptr<sqlite::connection>> fresh = error(errc::stopping);
    try {
        fresh = open_();
        if (fresh) (*fresh)->meter().show_in(slot_);
        if (fresh && is_deep_) (*fresh)->refuse_deep(is_deep_);
    } catch (...) {
        return error_of_exception();
    }
    return fresh;
}

result<void> read_connection::open() {
    if (connection_) return {};
    auto fresh = fresh_connection();
    if (!fresh) return fresh.error();
    connection_ = std::move(*fresh);
    opened_at_ = clock::now();
    probe_.opened.add();
    probe_.is_open = true;
    return {};
}

void read_connection::close() noexcept {
    count_cache_use();
    connection_.reset();
    probe_.cache.closed();
    probe_.is_open = false;
}

void read_connection::count_cache_use() noexcept {
    if (connection_) probe_.cache.used(sqlite::take_cache_use(*connection_));
}

void read_connection::replace_if_old(steady_time now) noexcept {
    if (!connection_ || upkeep_of({now - opened_at_, {}}, settings_.reader_lifetime, {}) != upkeep::replace_old) return;
    auto fresh = fresh_connection();
    if (!fresh) {
        opened_at_ = now;  // the old one still reads; tried again a lifetime later
        write_log(settings_, log_level::warning, "a reader could not be replaced: ", fresh.error());
        return;
    }
    count_cache_use();
    connection_ = std::move(*fresh);
    opened_at_ = now;
    probe_.opened.add();
    probe_.closed_lifetime.add();
}

result<void> read_connection::begin(steady_time now) noexcept {
    try {
        return begin_snapshot(now);
    } catch (...) {
        return error_of_exception();
    }
}

result<void> read_connection::begin_snapshot(steady_time now) {
    if (auto opened = open(); !opened) return opened;
    if (failpoints::is_set(failpoint::early_snapshot) && connection_->in_transaction()) return {};
    auto begun = connection_->begin();
    if (!begun) return begun;
    snapshot_.begun(now, connection_.get());
    begun_at_ = now;
    probe_.batches.add();
    return {};
}

void read_connection::end() noexcept {
    snapshot_.ended();
    if (connection_ && connection_->in_transaction() && !connection_->commit()) connection_->rollback();
    // Not each time: a snapshot of one point read takes a few microseconds.
    constexpr std::chrono::milliseconds interval{10};
    if (begun_at_ - cache_counted_at_ >= interval) {
        cache_counted_at_ = begun_at_;
        count_cache_use();
    }
    if (failpoints::is_set(failpoint::early_snapshot) && connection_ && connection_->begin())
        (void)connection_->trusted_text("SELECT count(*) FROM sqlite_schema");
}

read_connection::fate read_connection::run(read_job& one, steady_time now,
                                           std::optional<sqlite::budget_clock> budget) noexcept {
    auto& meter = connection_->meter();
    meter.begin_run({one.accepted, now, one.origin, !budget, !budget});
    note_run_begun(one, slot_.lane(), now);
    auto tripped = run_once(one, budget);
    // An interrupt that was meant for the job before, and found that it had ended.
    if (!tripped && one.was_interrupted()) {
        one.discard();
        tripped = run_once(one, budget);
    }
    if (tripped == errc::budget_exceeded) {
        one.discard();
        one.fingerprint = connection_->tripped_fingerprint();
        meter.end_run(false);
        note_run_ended(one);
        note_run_given_up(one);
        return fate::over_budget;
    }
    // Whatever the work made of the interrupt, it did not see all that it selected.
    if (tripped) one.fail(*tripped);
    note_run_ended(one);
    connection_->report_slow(tripped ? make_error_code(*tripped) : error_code());
    meter.end_run(true);
    if (tripped == errc::snapshot_too_old) probe_.snapshots_interrupted.add();
    probe_.jobs.add();
    if (one.has_failed()) probe_.jobs_failed.add();
    return fate::done;
}

std::optional<errc> read_connection::run_once(read_job& one, std::optional<sqlite::budget_clock> budget) noexcept {
    auto& watching = connection_->watching();
    connection_->begin_job();
    watching.arm(one.deadline, budget, &one.cancelled, &snapshot_.interrupt(), sqlite::cancellation::interrupts,
                 &slot_);
    snapshot_.running_until(one.deadline);
    {
        read_session session(*connection_);
        one.run(session);
    }
    snapshot_.running_until(steady_time::max());
    watching.disarm();
    if (connection_->reclaim_statements()) one.fail(errc::statement_left_open);
    if (connection_->has_lost_value()) one.fail(error(make_error_code(sqlite_errc::nomem)));
    return watching.tripped();
}

}  // namespace carrel::detail
