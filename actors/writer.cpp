#include "actors/writer.hpp"

#include "sqlite/canary.hpp"

#include <pthread.h>

#include <algorithm>
#include <string>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

// How often an idle writer looks again at a WAL that readers kept it from emptying.
constexpr std::chrono::milliseconds attention_interval{50};
// A WAL file larger than this is cut when it is idle and empty.
constexpr std::size_t wal_file_bytes_idle = 8u << 20;

}  // namespace

writer::writer(std::unique_ptr<sqlite::connection> connection, std::uint64_t sequence, const options& settings,
               snapshots& readers)
    : settings_(settings),
      limits_{settings.single_connection ? 1 : settings.batch_jobs_max, settings.batch_bytes_max,
              settings.batch_time_max},
      checkpoints_{static_cast<int>(settings.checkpoint_frames),
                   std::max(1, static_cast<int>(settings.checkpoint_frames / 4))},
      mailbox_(settings.write_queue_jobs_max, settings.write_queue_bytes_max),
      readers_(readers),
      connection_(std::move(connection)),
      sequence_(sequence),
      exhaustion_(settings.exhaustion_threshold) {
    probe_.commit_sequence.set(sequence);
    probe_.opened.add();
    probe_.is_open = true;
}

void writer::start() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "carrel-writer");
        run();
    });
}

push_result writer::push(std::unique_ptr<write_job>& job) {
    if (probe_.is_busy.load(std::memory_order_relaxed)) probe_.waited.add();
    return mailbox_.push(job);
}

void writer::finish() {
    mailbox_.close();
    if (thread_.joinable()) thread_.join();
}

result<void> writer::close() {
    result<void> outcome;
    if (is_poisoned()) {
        outcome = error(errc::outcome_unknown, "a commit failed in fsync");
    } else if (auto last = connection_->checkpoint(sqlite::checkpoint_mode::truncate); !last) {
        outcome = last.error();
    }
    connection_.reset();
    probe_.is_open = false;
    return outcome;
}

void writer::run() {
    for (;;) {
        if (pending_.empty()) {
            pending_ = mailbox_.take_all(wants_attention() ? std::optional(attention_interval) : std::nullopt);
            if (pending_.empty() && mailbox_.is_closed()) return;
        } else {
            auto more = mailbox_.take_present();
            pending_.append(more);
        }
        const auto begun = clock::now();
        const bool idle = pending_.empty();
        probe_.is_busy = true;
        if (!idle) run_batch();
        tend_wal(idle);
        probe_.is_busy = false;
        const auto ended = clock::now();
        probe_.window.busy(ended, ended - begun);
        if (pending_.empty()) note_rest();
    }
}

// -- one transaction ---

void writer::run_batch() {
    reruns_in_batch_ = 0;
    const auto begun = clock::now();
    const bool singly = run_singly_ > 0;
    std::size_t bytes = 0;
    std::size_t jobs = 0;
    if (!begin_batch()) return;
    while (has_next() && takes_another(jobs, bytes, clock::now() - begun, pending_.front()->bytes, limits_now())) {
        bytes += pending_.front()->bytes;
        ++jobs;
        run_one(pending_.pop_front());
        if (is_poisoned()) break;
        if (!connection_->in_transaction() && !begin_batch()) return;
    }
    probe_.execution_nanoseconds.add(clock::now() - begun);
    if (singly) --run_singly_;
    commit_batch();
    reply();
}

// What arrived while this batch ran joins it: nobody waits for company, but who is there need not wait for the next one.
bool writer::has_next() {
    if (pending_.empty()) pending_ = mailbox_.take_present();
    // The transaction's durability was chosen when it began.
    return !pending_.empty() &&
           (pending_.front()->needed == durability::normal || batch_durability_ == durability::full);
}

bool writer::begin_batch() {
    batch_has_written_ = false;
    error refused(errc::writer_poisoned);
    if (!is_poisoned()) {
        batch_durability_ = demanded();
        auto begun = connection_->set_durability(batch_durability_);
        if (begun) begun = connection_->begin();
        connection_->commit_sequence = sequence_ + 1;
        if (begun) return true;
        refused = begun.error();
    }
    while (auto job = pending_.pop_front()) {
        job->fail(refused);
        refused_.push_back(std::move(job));
    }
    fail_batch(refused);
    reply();
    return false;
}

void writer::run_one(std::unique_ptr<write_job> job) {
    const auto now = clock::now();
    const auto wait = now - job->accepted;
    if (job->is_cancelled()) return drop(std::move(job), errc::cancelled);
    if (now >= job->deadline) return drop(std::move(job), errc::deadline_exceeded);
    probe_.waits.waited(wait);
    if (exhaustion_.took_after(wait, now)) {
        probe_.episodes.add();
        log(log_level::warning, "writer exhausted: mutations wait longer than the threshold");
    }
    switch (run_isolated(*job)) {
        case fate::kept: kept_.push_back(std::move(job)); break;
        case fate::failed_alone: refused_.push_back(std::move(job)); break;
        case fate::took_transaction:
            refused_.push_back(std::move(job));
            rerun_survivors();
            break;
    }
}

writer::fate writer::run_isolated(write_job& job) {
    connection_->begin_job();
    const bool is_guarded = !job.single_statement && caution_.guards_next();
    if (is_guarded) {
        if (auto opened = connection_->savepoint(); !opened) {
            job.fail(opened.error());
            return connection_->in_transaction() ? fate::failed_alone : fate::took_transaction;
        }
    }
    connection_->watching().arm(job.deadline, std::nullopt, nullptr, nullptr);
    {
        write_session session(*connection_);
        job.run(session);
    }
    connection_->watching().disarm();
    return settle(job, is_guarded);
}

writer::fate writer::settle(write_job& job, bool is_guarded) {
    if (connection_->reclaim_statements()) job.fail(errc::statement_left_open);
    if (!connection_->in_transaction()) {
        // Interrupts, full disks, ON CONFLICT ROLLBACK and RAISE(ROLLBACK) take the whole transaction along. Work that
        // calls that a success is wrong: nothing of it is left.
        if (!job.has_failed())
            job.fail(error(errc::work_threw, "the work ignored an error that rolled back its transaction"));
        return fate::took_transaction;
    }
    if (!job.has_failed() && connection_->has_deferred_violation())
        job.fail(error(make_error_code(sqlite_errc::constraint_foreign_key), "deferred foreign key violated"));
    const bool has_written = connection_->job_has_written();
    if (!job.has_failed()) {
        batch_has_written_ |= has_written;
        if (!is_guarded) return fate::kept;
        auto released = connection_->release();
        if (released) return fate::kept;
        job.fail(released.error());
    } else if (!is_guarded && !has_written) {
        return fate::failed_alone;  // a statement that fails undoes itself
    }
    if (is_guarded && connection_->rollback_to_and_release()) return fate::failed_alone;
    // Without a savepoint only the whole can be undone.
    roll_back();
    caution_.had_to_undo();
    return fate::took_transaction;
}

void writer::rerun_survivors() {
    if (kept_.empty() || canary::sings(canary::fault::no_rerun)) return;
    probe_.reruns.add();
    const auto survivors = kept_.size();
    put_back_kept();
    if (++reruns_in_batch_ >= reruns_max) run_singly_ = std::max(run_singly_, survivors + 1);
}

void writer::put_back_kept() {
    for (; !kept_.empty(); kept_.pop_back()) {
        kept_.back()->discard();
        pending_.push_front(std::move(kept_.back()));
    }
}

// -- between transactions ---

void writer::tend_wal(bool idle) {
    if (is_poisoned()) return;
    if (wal_bytes() > std::min(wal_file_bytes_idle, settings_.wal_soft_bytes)) truncate_due_ = true;
    const bool has_interrupted = readers_.pressure() == wal_pressure::interrupt_oldest;  // who held the WAL may be gone
    if (has_interrupted || checkpoints_.is_due(connection_->wal_frames(), frames_at_last_attempt_))
        checkpoint(sqlite::checkpoint_mode::passive);
    probe_.wal_bytes.set(wal_bytes());
    press_readers();
    if (!idle || !truncate_due_) return;
    checkpoint(sqlite::checkpoint_mode::passive);
    if (connection_->wal_frames() == 0) checkpoint(sqlite::checkpoint_mode::truncate);
    press_readers();
}

// Readers make room when it is they who keep the WAL from being emptied, and not a disk that fails.
void writer::press_readers() {
    readers_.set_pressure(has_checkpoint_failed_
                              ? wal_pressure::none
                              : pressure_of(wal_bytes(), settings_.wal_soft_bytes, settings_.wal_hard_bytes));
}

void writer::checkpoint(sqlite::checkpoint_mode mode) {
    const auto begun = clock::now();
    auto done = connection_->checkpoint(mode);
    if constexpr (canary::is_built_in)
        if (canary::sings(canary::fault::second_checkpointer)) canary::checkpoint_elsewhere(connection_->path());
    probe_.checkpoints.add();
    probe_.checkpoint_nanoseconds.add(clock::now() - begun);
    frames_at_last_attempt_ = connection_->wal_frames();
    has_checkpoint_failed_ = !done;
    if (done) {
        probe_.checkpoint_frames.add(static_cast<std::uint64_t>(std::max(0, done->checkpointed_frames)));
        if (mode == sqlite::checkpoint_mode::truncate && done->log_frames == 0) truncate_due_ = false;
        return;
    }
    probe_.checkpoint_errors.add();
    log(log_level::error, "checkpoint failed: " + done.error().message());
    if (is_sync_failure(done.error())) poison(done.error());
}

void writer::note_rest() {
    if (const auto ended = exhaustion_.came_to_rest(clock::now()))
        log(log_level::warning,
            "writer exhaustion over after " +
                std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(ended->length).count()) + " ms, " +
                std::to_string(ended->jobs) + " mutations waited");
}

std::size_t writer::wal_bytes() const noexcept {
    constexpr std::size_t frame_header = 24;
    return static_cast<std::size_t>(connection_->wal_frames()) * (connection_->page_bytes() + frame_header);
}

bool writer::wants_attention() const noexcept {
    return !is_poisoned() && (truncate_due_ || connection_->wal_frames() >= checkpoints_.due_frames);
}

durability writer::demanded() noexcept {
    // What could be in the batch decides, since the setting cannot change inside a transaction.
    std::size_t looked_at = 0;
    for (job* one = pending_.front(); one != nullptr && looked_at < limits_.jobs_max; one = one->next, ++looked_at)
        if (static_cast<write_job*>(one)->needed == durability::full) return durability::full;
    return durability::normal;
}

batch_limits writer::limits_now() const noexcept {
    auto limits = limits_;
    if (run_singly_ > 0) limits.jobs_max = 1;
    return limits;
}

void writer::log(log_level level, const std::string& text) const {
    if (settings_.log) settings_.log(level, text);
}

}  // namespace carrel::detail
