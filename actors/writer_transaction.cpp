#include "actors/writer_transaction.hpp"

#include "sqlite/failpoints.hpp"
#include "sqlite/migrations.hpp"

#include <carrel/detail/work.hpp>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

namespace {

constexpr int commit_retries_max = 3;

}  // namespace

writer_transaction::writer_transaction(sqlite::connection& connection, const options& settings, writer_probe& probe,
                                       std::uint64_t sequence)
    : connection_(connection),
      settings_(settings),
      probe_(probe),
      sequence_(sequence) {
    probe_.commit_sequence.set(sequence);
}

result<void> writer_transaction::begin(durability wanted) {
    has_written_ = false;
    durability_ = wanted;
    auto begun = connection_.set_durability(wanted);
    if (begun) begun = connection_.begin();
    connection_.commit_sequence = sequence_ + 1;
    return begun;
}

// -- one job ---

writer_transaction::fate writer_transaction::run(job_ptr<write_job> one, steady_time now) noexcept {
    fate met = fate::took_transaction;
    connection_.meter().begin_run({one->accepted, now, one->origin});
    note_run_begun(*one, query_lane::writer, now);
    has_timed_ |= one->timing != nullptr;
    try {
        met = run_isolated(*one, now);
    } catch (...) {
        // Something of it may be left: only the whole can be undone for certain.
        one->fail(error_of_exception());
        roll_back();
    }
    note_run_ended(*one);
    const auto tripped = connection_.watching().tripped();
    connection_.report_slow(tripped ? make_error_code(*tripped) : error_code());
    connection_.meter().end_run(true);
    auto& into = met == fate::kept ? kept_ : failed_;
    into.push_back(std::move(one));
    return met;
}

writer_transaction::fate writer_transaction::run_isolated(write_job& one, steady_time now) {
    connection_.begin_job();
    std::optional<sqlite::savepoint> guard;
    if (!one.single_statement && savepoints_.guards_next()) {
        auto opened = connection_.open_savepoint();
        if (!opened) {
            one.fail(std::move(opened).error());
            return is_open() ? fate::failed_alone : fate::took_transaction;
        }
        guard.emplace(*std::move(opened));
    }
    // A statement that is broken off takes the whole transaction along, so cancellation waits for its end.
    connection_.watching().arm(one.deadline, std::nullopt, &one.cancelled, nullptr,
                               sqlite::cancellation::between_statements, &connection_.meter().slot());
    connection_.yields_after(now + settings_.bulk_slice);
    {
        write_session session(connection_);
        one.run(session);
    }
    connection_.watching().disarm();
    return settle(one, guard ? &*guard : nullptr);
}

writer_transaction::fate writer_transaction::settle(write_job& one, sqlite::savepoint* guard) {
    if (connection_.reclaim_statements()) one.fail(errc::statement_left_open);
    if (connection_.has_lost_value()) one.fail(error(make_error_code(sqlite_errc::nomem)));
    // Whatever the work made of it, it was ended before it was done.
    if (const auto tripped = connection_.watching().tripped()) one.fail(*tripped);
    if (!is_open()) {
        // Interrupts, full disks, ON CONFLICT ROLLBACK and RAISE(ROLLBACK) take the whole transaction along. Work that
        // calls that a success is wrong: nothing of it is left.
        if (!one.has_failed())
            one.fail(error(errc::work_threw, "the work ignored an error that rolled back its transaction"));
        return fate::took_transaction;
    }
    if (!one.has_failed() && connection_.has_deferred_violation())
        one.fail(error(make_error_code(sqlite_errc::constraint_foreign_key), "deferred foreign key violated"));
    const bool has_written = connection_.job_has_written();
    if (!one.has_failed() && guard != nullptr)
        if (auto released = guard->release(); !released) one.fail(std::move(released).error());
    if (!one.has_failed()) {
        has_written_ |= has_written;
        return fate::kept;
    }
    if (guard == nullptr && !has_written) return fate::failed_alone;  // a statement that fails undoes itself
    if (guard != nullptr && guard->roll_back() && is_open()) return fate::failed_alone;
    // Without a savepoint only the whole can be undone.
    roll_back();
    savepoints_.had_to_undo();
    return fate::took_transaction;
}

job_list<write_job> writer_transaction::take_survivors() noexcept {
    job_list<write_job> survivors;
    if (!failpoints::is_set(failpoint::no_rerun)) survivors.swap(kept_);
    for (auto* one = survivors.front(); one != nullptr; one = job_list<write_job>::after(*one)) {
        one->discard();
        note_run_given_up(*one);
    }
    return survivors;
}

// -- how it ends ---

writer_transaction::ending writer_transaction::commit() noexcept {
    if (!has_written_) {
        acknowledge(sequence_);
        return roll_back() ? ending::done : ending::outcome_unknown;
    }
    const auto begun = clock::now();
    bool is_tried = false;
    auto done = commit_recorded(is_tried);
    auto found = commit_trace::not_tried;
    if (!done && is_tried) found = look_for_commit(done.error());
    const auto ended = clock::now();
    const bool is_done = done || found == commit_trace::whole;
    probe_.commits.waited(ended - begun);
    if (has_timed_) note_times({begun, ended, kept_.size(), is_done ? sequence_ + 1 : 0});
    if (!is_done) return failed_to_commit(done.error(), found);
    probe_.batches.add();
    probe_.commit_sequence.set(++sequence_);
    acknowledge(sequence_);
    return ending::done;
}

result<void> writer_transaction::commit_recorded(bool& is_tried) noexcept {
    auto done = connection_.record_commit(sequence_ + 1);
    is_tried = done.has_value();
    if (done) done = connection_.commit();
    for (int retries = 0;
         !done && classify_commit_failure(done.error()) == commit_failure::retry && retries < commit_retries_max;
         ++retries)
        done = connection_.commit();
    return done;
}

// SQLite needs memory also when the commit is done, and then calls that a failure.
writer_transaction::commit_trace writer_transaction::look_for_commit(const error& failed) noexcept {
    if (classify_commit_failure(failed) != commit_failure::look) return commit_trace::none;
    roll_back();
    if (is_open()) return commit_trace::none;  // which would show its own record
    try {
        const auto held = sqlite::last_commit(connection_);
        if (!held) return commit_trace::unknown;
        return *held == sequence_ + 1 ? commit_trace::whole : commit_trace::none;
    } catch (...) {
        return commit_trace::unknown;
    }
}

// Memory may also have run out when the frames were in the WAL and not yet in its index: nobody sees them, but a crash
// would bring them back, unless another commit takes their place.
bool writer_transaction::overwrite_lost_commit() noexcept {
    auto done = connection_.begin();
    if (done) done = connection_.record_commit(sequence_);
    if (done) done = connection_.commit();
    if (!done) roll_back();
    return done.has_value();
}

writer_transaction::ending writer_transaction::failed_to_commit(const error& failed, commit_trace found) noexcept {
    roll_back();
    auto what = classify_commit_failure(failed);
    if (what == commit_failure::look && found == commit_trace::not_tried) what = commit_failure::rerun_singly;
    if (what == commit_failure::look)
        what = found == commit_trace::none && overwrite_lost_commit() ? commit_failure::rerun_singly
                                                                      : commit_failure::outcome_unknown;
    failure_ = error(failed.code());
    if (what == commit_failure::rerun_singly && kept_.size() > 1) return ending::run_singly;
    const bool is_unknown = what == commit_failure::outcome_unknown;
    if (!fail(is_unknown ? error(errc::outcome_unknown) : failure_) || is_unknown) return ending::outcome_unknown;
    return ending::failed;
}

void writer_transaction::note_times(const commit_times& done) noexcept {
    for (auto* one = kept_.front(); one != nullptr; one = job_list<write_job>::after(*one))
        note_commit(*one, done, true);
    for (auto* one = failed_.front(); one != nullptr; one = job_list<write_job>::after(*one))
        note_commit(*one, done, false);
}

void writer_transaction::acknowledge(std::uint64_t sequence) noexcept {
    for (auto* one = kept_.front(); one != nullptr; one = job_list<write_job>::after(*one))
        one->commit_sequence = sequence;
    failed_.append(kept_);
}

bool writer_transaction::fail(const error& reason) noexcept {
    const bool undone = roll_back();
    // What a failed job saw of its neighbours was not committed either, so it gets the same reason.
    failed_.append(kept_);
    for (auto* one = failed_.front(); one != nullptr; one = job_list<write_job>::after(*one))
        one->fail(error(reason.code()));
    return undone;
}

job_list<write_job> writer_transaction::take_finished() noexcept {
    job_list<write_job> finished;
    finished.swap(failed_);
    has_timed_ = false;
    return finished;
}

}  // namespace carrel::detail
