#include "siem/event_keeper.hpp"

#include "siem/event_census.hpp"
#include "siem/event_deletion.hpp"
#include "siem/event_identity.hpp"
#include "siem/event_sealing.hpp"
#include "siem/file_space.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// How often it looks for work when there was none.
constexpr std::chrono::milliseconds interval{250};
// How often it looks whether events have become too old or too many.
constexpr std::chrono::seconds retention_interval{5};
// How long a deletion keeps it from its other work.
constexpr std::chrono::seconds put_off_max{10};
// Nobody waits for it: a machine with more to do lets it go slowly.
constexpr std::chrono::milliseconds deadline{60'000};
constexpr std::chrono::seconds count_interval{5};
constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

job_options read_options() {
    static constexpr named_origin origin("task", "event keeper");
    job_options made;
    made.origin = &origin;
    made.deadline = deadline;
    return made;
}

}  // namespace

event_keeper::event_keeper(database& store, keeper_settings settings)
    : store_(&store),
      settings_(std::move(settings)),
      commits_(store),
      kept_(settings_.kept),
      thread_([this] { run(); }) {}

event_keeper::~event_keeper() {
    {
        const std::lock_guard lock(mutex_);
        stops_ = true;
    }
    stopping_.notify_all();
    thread_.join();
}

void event_keeper::set_retention(const retention& kept) {
    const std::lock_guard lock(mutex_);
    kept_ = kept;
}

void event_keeper::run() {
    for (std::unique_lock lock(mutex_); !stops_;) {
        lock.unlock();
        const auto worked = step();
        if (!worked) report(worked.error());
        else last_failure_.clear();
        lock.lock();
        if (!worked || !*worked) stopping_.wait_for(lock, interval, [this] { return stops_; });
    }
}

// One that fails does not keep the others from their work: a damaged segment must not keep the disk from getting room.
result<bool> event_keeper::step() {
    bool has_worked = false;
    result<void> failed;
    const auto note = [&](const result<bool>& worked) {
        if (!worked) failed = worked.error();
        else has_worked = has_worked || *worked;
    };
    note(commits_.look([this] { return work_on_commits(); }));
    note(end_file());
    note(count());
    if (!has_worked) note(retain());
    if (!failed) return failed.error();
    return has_worked;
}

// What there is to do only since something was committed.
result<bool> event_keeper::work_on_commits() {
    bool has_worked = false;
    result<void> failed;
    if (auto worked = delete_some(); !worked) failed = worked.error();
    else has_worked = *worked;
    // Somebody waits for a deletion, and nobody for the rest: but that must not wait for ever.
    const auto at = std::chrono::steady_clock::now();
    if (has_worked && at < put_off_until_) return true;
    put_off_until_ = at + put_off_max;
    for (const auto part : {&event_keeper::seal, &event_keeper::shrink}) {
        auto worked = (this->*part)();
        if (!worked) failed = worked.error();
        else has_worked = has_worked || *worked;
    }
    if (!failed) return failed.error();
    return has_worked;
}

template <class Work>
auto event_keeper::write(Work work, std::size_t bytes, durability needed) {
    job_options made = read_options();
    made.priority = priority::bulk;
    made.bytes = bytes;
    if (needed == durability::normal) made.durability = needed;
    return store_->write(std::move(work), made);
}

result<bool> event_keeper::seal() {
    auto run = store_->read(seal_segments, read_options());
    if (run && !*run) {
        run = store_->read(seal_rows, read_options());
        if (run)
            if (auto reported = report_rows(run->has_value()); !reported) return reported.error();
    }
    if (!run) return run.error();
    if (!*run) return false;
    std::size_t bytes = 0;
    for (const made_segment& each : (*run)->made) bytes += each.content.data.size();
    auto done = write([&](write_session& session) { return replace(session, **run); }, bytes);
    if (!done) return done.error();
    if (!done->value) return false;
    settings_.counters->put_together += static_cast<std::uint64_t>((*run)->events);
    if ((*run)->rows == 0) return true;
    if (const auto line = rows_.add((*run)->rows, std::chrono::steady_clock::now())) log(log_level::info, *line);
    settings_.counters->rows_left = rows_.left();
    if (settings_.on_positions) settings_.on_positions();
    return true;
}

result<void> event_keeper::report_rows(bool are_left) {
    const auto at = std::chrono::steady_clock::now();
    if (are_left && !rows_.is_under_way()) {
        auto left = store_->read(
            [](read_session& session) { return session.first_integer("SELECT count(*) FROM events"); }, read_options());
        if (!left) return left.error();
        log(log_level::info, rows_.begin(left->value_or(0), at));
    } else if (!are_left) {
        if (const auto line = rows_.end(at)) log(log_level::info, *line);
    }
    settings_.counters->rows_left = rows_.left();
    return {};
}

result<bool> event_keeper::count() {
    const auto at = std::chrono::steady_clock::now();
    if (at < count_at_) return false;
    count_at_ = at + count_interval;
    auto found = store_->read(take_census, read_options());
    if (!found) return found.error();
    auto& into = *settings_.counters;
    into.segments = found->segments;
    into.events = found->events;
    into.fresh_segments = found->fresh_segments;
    into.fresh_events = found->fresh_events;
    into.oldest_at = found->oldest_at.value_or(0);
    into.fresh_since = found->fresh_since.value_or(0);
    const std::lock_guard lock(mutex_);
    into.days_max = kept_.days;
    into.bytes_max = kept_.bytes;
    return false;
}

result<bool> event_keeper::delete_some() {
    auto job = store_->read(next_deletion, read_options());
    if (!job) return job.error();
    if (!*job) return false;
    if ((*job)->has_rows) {
        auto done = write([&](write_session& session) { return delete_rows(session, **job, now()); }, 0);
        if (!done) return done.error();
        return done->value;
    }
    auto step =
        store_->read([&](read_session& session) { return plan_removal(session, (*job)->wanted); }, read_options());
    if (!step) return step.error();
    auto done = write([&](write_session& session) { return delete_segments(session, **job, *step, now()); },
                      static_cast<std::size_t>(step->bytes));
    if (!done) return done.error();
    if (!done->value) return false;
    settings_.counters->deleted_on_request += static_cast<std::uint64_t>(step->deleted);
    if (step->is_last) report_deletion((*job)->seq, (*job)->id);
    return true;
}

void event_keeper::report_deletion(std::int64_t job, const std::string& id) {
    auto totals = store_->read([&](read_session& session) { return totals_of(session, job); }, read_options());
    if (!totals) return;
    log(log_level::info, "deletion " + id + " is done: " + std::to_string(totals->deleted) + " events deleted, " +
                             std::to_string(totals->held) + " held");
}

result<bool> event_keeper::retain() {
    const auto at = std::chrono::steady_clock::now();
    if (at < retain_at_) return false;
    const retention wanted = [this] {
        const std::lock_guard lock(mutex_);
        return kept_;
    }();
    if (wanted.days > 0) {
        const timestamp limit = now() - wanted.days * day;
        auto step = store_->read([&](read_session& session) { return plan_by_age(session, limit); }, read_options());
        if (!step) return step.error();
        if (!step->pieces.empty()) return retain(reason::age, *step);
    }
    if (wanted.bytes > 0) {
        auto step =
            store_->read([&](read_session& session) { return plan_by_size(session, wanted.bytes); }, read_options());
        if (!step) return step.error();
        if (!step->pieces.empty()) return retain(reason::size, *step);
    }
    auto old = store_->read([&](read_session& session) { return old_identities(session, now()); }, read_options());
    if (!old) return old.error();
    if (*old) {
        constexpr std::int64_t identities_a_step = 2000;
        auto done =
            write([&](write_session& session) { return remove_identities(session, **old, identities_a_step); }, 0);
        if (!done) return done.error();
        return true;
    }
    retain_at_ = at + retention_interval;
    if (const auto dropped = std::exchange(dropped_by_age_, 0); dropped > 0)
        log(log_level::info, "retention: " + std::to_string(dropped) + " events deleted that were too old");
    if (const auto dropped = std::exchange(dropped_by_size_, 0); dropped > 0)
        log(log_level::info, "retention: " + std::to_string(dropped) + " events deleted that were too many");
    return false;
}

result<bool> event_keeper::retain(reason why, const removal_step& planned) {
    auto done = write([&](write_session& session) { return apply_removal(session, planned); },
                      static_cast<std::size_t>(planned.bytes));
    if (!done) return done.error();
    if (!done->value) return false;
    const auto deleted = static_cast<std::uint64_t>(planned.deleted);
    (why == reason::age ? settings_.counters->deleted_by_age : settings_.counters->deleted_by_size) += deleted;
    (why == reason::age ? dropped_by_age_ : dropped_by_size_) += deleted;
    return true;
}

// A power loss may undo it: that costs nothing but the work.
result<bool> event_keeper::shrink() {
    auto space = store_->read(space_of, read_options());
    if (!space) return space.error();
    const bool was_shrinking = std::exchange(is_shrinking_, space->is_too_large(is_shrinking_));
    is_end_due_ = is_end_due_ || (was_shrinking && !is_shrinking_);
    if (!is_shrinking_) return false;
    auto done = write(give_back, 0, durability::normal);
    if (!done) return done.error();
    return true;
}

// The file ends where the database does once the whole WAL has been copied into it, which a snapshot of a reader puts off. Among
// many reads there may always be one: each try costs the writer a sync.
result<bool> event_keeper::end_file() {
    constexpr std::chrono::seconds pause{1};
    const auto at = std::chrono::steady_clock::now();
    if (!is_end_due_ || at < end_at_ || !settings_.checkpoint) return false;
    end_at_ = at + pause;
    const auto is_whole = settings_.checkpoint();
    if (!is_whole) return is_whole.error();
    is_end_due_ = !*is_whole;
    return false;
}

timestamp event_keeper::now() const {
    using namespace std::chrono;
    if (settings_.clock) return settings_.clock();
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

void event_keeper::log(log_level level, const std::string& text) const {
    if (settings_.log) settings_.log(level, text);
}

void event_keeper::report(const error& failure) {
    if (failure.message() == last_failure_) return;
    last_failure_ = failure.message();
    log(log_level::warning, "events could not be looked after: " + last_failure_);
}

}  // namespace carrel::siem
