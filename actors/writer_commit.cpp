// How the writer's transactions end: committed, failed, or neither for certain.
#include "actors/writer.hpp"
#include "sqlite/canary.hpp"
#include "sqlite/migrations.hpp"

namespace carrel::detail {

using clock = std::chrono::steady_clock;

namespace {

constexpr int commit_retries_max = 3;

}  // namespace

void writer::commit_batch() {
    if (!connection_->in_transaction()) return;
    if (is_poisoned()) return fail_batch(errc::writer_poisoned);
    if (kept_.empty() || !batch_has_written_) {
        roll_back();
        return acknowledge(sequence_);
    }
    if (canary::sings(canary::fault::early_ack)) acknowledge(sequence_ + 1), reply();
    const auto begun = clock::now();
    auto done = connection_->record_commit(sequence_ + 1);
    if (done) done = connection_->commit();
    for (int retries = 0;
         !done && classify_commit_failure(done.error()) == commit_failure::retry && retries < commit_retries_max;
         ++retries)
        done = connection_->commit();
    probe_.commit_nanoseconds.add(clock::now() - begun);
    if (!done && !was_committed_all_the_same(done.error())) return commit_failed(done.error());
    probe_.batches.add();
    probe_.commit_sequence.set(++sequence_);
    acknowledge(sequence_);
}

// SQLite needs memory also when the commit is done, and then calls that a failure.
bool writer::was_committed_all_the_same(const error& failed) {
    if (classify_commit_failure(failed) != commit_failure::look) return false;
    roll_back();
    if (connection_->in_transaction()) return false;  // which would show its own record
    const auto held = sqlite::last_commit(*connection_);
    return held && *held == sequence_ + 1;
}

// Memory may also have run out when the frames were in the WAL and not yet in its index: nobody sees them, but a crash
// would bring them back, unless another commit takes their place.
bool writer::overwrite_lost_commit() {
    auto done = connection_->begin();
    if (done) done = connection_->record_commit(sequence_);
    if (done) done = connection_->commit();
    if (!done) roll_back();
    return done.has_value();
}

void writer::commit_failed(const error& failed) {
    log(log_level::error, "commit failed: " + failed.message());
    roll_back();
    auto what = classify_commit_failure(failed);
    if (what == commit_failure::look)
        what = overwrite_lost_commit() ? commit_failure::rerun_singly : commit_failure::outcome_unknown;
    switch (what) {
        case commit_failure::rerun_singly:
            if (kept_.size() == 1) return fail_batch(failed);
            run_singly_ = std::max(run_singly_, kept_.size());
            probe_.reruns.add();
            put_back_kept();
            return;
        case commit_failure::outcome_unknown:
            poison(failed);
            return fail_batch(error(errc::outcome_unknown, failed.message()));
        case commit_failure::retry:
        case commit_failure::look:
        case commit_failure::definite: return fail_batch(failed);
    }
}

void writer::acknowledge(std::uint64_t sequence) {
    for (auto& job : kept_) {
        job->commit_sequence = sequence;
        refused_.push_back(std::move(job));
    }
    kept_.clear();
}

void writer::fail_batch(const error& reason) {
    // What a refused job saw of its neighbours was not committed either, so it is told the same.
    for (auto& job : kept_) refused_.push_back(std::move(job));
    kept_.clear();
    for (auto& job : refused_) job->fail(reason);
}

void writer::reply() {
    for (auto& job : refused_) {
        probe_.jobs.add();
        if (job->has_failed()) probe_.jobs_failed.add();
        ++finished_jobs_;
        finished_bytes_ += job->bytes;
        replies_.add(std::move(job));
    }
    refused_.clear();
    auto* oldest = pending_.front();
    mailbox_.finished(finished_jobs_, finished_bytes_,
                      oldest != nullptr ? std::optional(oldest->accepted) : std::nullopt);
    finished_jobs_ = finished_bytes_ = 0;
    replies_.send();
}

void writer::drop(std::unique_ptr<write_job> job, errc why) {
    probe_.expired.add();
    ++finished_jobs_;
    finished_bytes_ += job->bytes;
    job->fail(why);
    replies_.add(std::move(job));
}

void writer::roll_back() {
    // What could not be undone must never be committed; it goes with the connection.
    if (!connection_->rollback()) poison(error(errc::work_threw, "a transaction could not be rolled back"));
}

void writer::poison(const error& failed) {
    poisoned_ = true;
    log(log_level::error, "the writer acknowledges nothing any more, restart needed: " + failed.message());
}

}  // namespace carrel::detail
