#include "actors/reader.hpp"

#include "sqlite/canary.hpp"

namespace carrel::detail {

using clock = std::chrono::steady_clock;

result<std::unique_ptr<sqlite::connection>> reader::fresh_connection() {
    auto fresh = open_();
    if (fresh && is_deep_) (*fresh)->refuse_deep(is_deep_);
    return fresh;
}

result<void> reader::open() {
    if (connection_) return {};
    auto fresh = fresh_connection();
    if (!fresh) return fresh.error();
    connection_ = std::move(*fresh);
    opened_at_ = clock::now();
    probe_.opened.add();
    probe_.is_open = true;
    return {};
}

void reader::close() noexcept {
    connection_.reset();
    probe_.is_open = false;
}

void reader::replace_if_old(steady_time now) {
    if (!connection_ || upkeep_of({now - opened_at_, {}}, settings_.reader_lifetime, {}) != upkeep::replace_old) return;
    auto fresh = fresh_connection();
    if (!fresh) {
        opened_at_ = now;  // the old one still reads; asked again a lifetime later
        if (settings_.log)
            settings_.log(log_level::warning, "a reader could not be replaced: " + fresh.error().message());
        return;
    }
    connection_ = std::move(*fresh);
    opened_at_ = now;
    probe_.opened.add();
    probe_.closed_lifetime.add();
}

result<void> reader::begin(steady_time now) {
    if (auto opened = open(); !opened) return opened;
    if (canary::sings(canary::fault::early_snapshot) && connection_->in_transaction()) return {};
    auto begun = connection_->begin();
    if (!begun) return begun;
    desk_.begun(now, connection_.get());
    probe_.batches.add();
    return {};
}

void reader::end() noexcept {
    desk_.ended();
    if (connection_ && connection_->in_transaction() && !connection_->commit()) connection_->rollback();
    if (canary::sings(canary::fault::early_snapshot) && connection_ && connection_->begin())
        (void)connection_->trusted_text("SELECT count(*) FROM sqlite_schema");
}

reader::fate reader::run(read_job& job, std::optional<sqlite::budget_clock> budget) {
    auto& watching = connection_->watching();
    connection_->begin_job();
    watching.arm(job.deadline, budget, &job.cancelled, &desk_.interrupt());
    {
        read_session session(*connection_);
        job.run(session);
    }
    watching.disarm();
    if (connection_->reclaim_statements()) job.fail(errc::statement_left_open);
    const auto tripped = watching.tripped();
    if (tripped == errc::budget_exceeded) {
        job.discard();
        job.fingerprint = connection_->tripped_fingerprint();
        return fate::over_budget;
    }
    // Whatever the work made of the interrupt, it did not see all that it asked for.
    if (tripped) job.fail(*tripped);
    if (tripped == errc::snapshot_too_old) probe_.snapshots_interrupted.add();
    probe_.jobs.add();
    if (job.has_failed()) probe_.jobs_failed.add();
    return fate::done;
}

}  // namespace carrel::detail
