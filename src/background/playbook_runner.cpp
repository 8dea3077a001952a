#include "background/playbook_runner.hpp"

#include "background/step_effects.hpp"
#include "siem/outbound_settings.hpp"
#include "siem/playbooks/alert_triggers.hpp"

#include <functional>
#include <thread>

namespace carrel::siem {

namespace {

// What is requested should begin soon; only one thread looks so often.
constexpr std::chrono::milliseconds pause{250};
// Steps are tried again by the second. Those that the server does itself are due as soon as they are committed, but for a clock
// that was set back.
constexpr std::chrono::seconds outbound_due_every{1}, own_due_every{5};
constexpr int keep_attempts_max = 100;
constexpr std::chrono::milliseconds keep_interval{100};
constexpr int executions_a_commit = 32;

job_options soon() {
    job_options made = background_options();
    made.priority = priority::normal;
    return made;
}

// Of some executions in one commit, as long as nobody else waits for the writer.
result<bool> take_own_steps(write_session& session, timestamp now) {
    bool has_worked = false;
    for (int i = 0; i < executions_a_commit && !session.should_yield(); ++i) {
        auto taken = take_step(session, work_lane::own, now);
        if (!taken) return taken.error();
        if (!taken->has_worked) break;
        has_worked = true;
    }
    return has_worked;
}

// What passes: a writer that is busy, and a disk that is full for a while.
bool may_pass(const error& failure) {
    constexpr int primary_code_mask = 0xff;  // SQLite keeps the primary result code in the low byte of an extended one
    if (failure == errc::overloaded || failure == errc::deadline_exceeded) return true;
    if (failure.code().category() != sqlite_category()) return false;
    const auto code = static_cast<sqlite_errc>(failure.code().value() & primary_code_mask);
    return code == sqlite_errc::full || code == sqlite_errc::busy || code == sqlite_errc::nomem ||
           code == sqlite_errc::io;
}

// What was done must not get lost: it is offered again until it is kept, and for ten seconds once the server is to stop.
result<void> keep(database& store, const std::stop_token& stop,
                  const std::function<result<void>(write_session&)>& work) {
    result<void> failed;
    for (int stopping = 0; stopping < keep_attempts_max; stopping += stop.stop_requested() ? 1 : 0) {
        auto done = store.write(work, soon());
        if (done) return {};
        failed = done.error();
        if (!may_pass(failed.error())) break;
        std::this_thread::sleep_for(keep_interval);
    }
    return failed;
}

void count_attempt(const step_to_do& step, step_status ended, work_counts& counts) {
    if (ended == step_status::succeeded) ++counts.steps_succeeded;
    else if (may_try_again(step.what, step.attempt)) ++counts.steps_repeated;
    else ++(ended == step_status::unknown ? counts.steps_unknown : counts.steps_failed);
}

}  // namespace

result<void> take_over(database& store, timestamp now) {
    auto done = store.write(
        [&](write_session& session) -> result<void> {
            auto ended = end_broken_off(session, now);
            if (!ended) return ended.error();
            return end_broken_off_notices(session);
        },
        background_options());
    if (!done) return done.error();
    return {};
}

result<bool> watch_alerts(database& store, timestamp now) {
    auto matches = store.read(match_alerts, background_options());
    if (!matches) return matches.error();
    if (matches->empty()) return false;
    auto started = store.write(
        [&](write_session& session) -> result<std::pair<std::int64_t, std::int64_t>> {
            auto count = start_matches(session, *matches, now);
            if (!count) return count.error();
            return std::pair(*count, session.changes());
        },
        background_options());
    if (!started) return started.error();
    // What there is no room for waits in the queue.
    return started->value.second > 0;
}

result<bool> run_own_steps(database& store, timestamp now) {
    auto due = store.read([&](read_session& session) { return has_due_step(session, work_lane::own, now); }, soon());
    if (!due) return due.error();
    if (!*due) return false;
    auto taken =
        store.write([&](write_session& session) { return take_own_steps(session, now); }, background_options());
    if (!taken) return taken.error();
    return taken->value;
}

result<bool> run_outbound_step(database& store, const outbound::policy& rules, const std::function<timestamp()>& clock,
                               work_counts& counts, const std::stop_token& stop) {
    const timestamp now = clock();
    auto due = store.read([&](read_session& session) { return has_due_step(session, work_lane::others, now); }, soon());
    if (!due) return due.error();
    if (!*due) return false;
    auto taken = store.write([&](write_session& session) { return take_step(session, work_lane::others, now); },
                             background_options());
    if (!taken) return taken.error();
    if (!taken->value.to_do) {
        // Its action is gone or switched off, or what it says cannot be filled in.
        if (taken->value.has_worked) ++counts.steps_failed;
        return taken->value.has_worked;
    }
    const step_to_do& step = *taken->value.to_do;
    const step_effect effect = have_effect(step, rules, stop);
    // The server stops, and nothing has left it: as if it had not begun.
    if (stop.stop_requested() && !effect.has_begun) {
        auto back = store.write([&](write_session& session) { return put_back(session, step, clock()); }, soon());
        if (!back) return back.error();
        return true;
    }
    auto kept =
        keep(store, stop, [&](write_session& session) { return keep_outcome(session, step, effect.outcome, clock()); });
    if (!kept) return kept.error();
    count_attempt(step, effect.outcome.status, counts);
    return true;
}

result<bool> send_notice(database& store, const outbound::policy& rules, work_counts& counts,
                         const std::stop_token& stop) {
    auto waits = store.read(has_notice, soon());
    if (!waits) return waits.error();
    if (!*waits) return false;
    auto notice = store.write(take_notice, background_options());
    if (!notice) return notice.error();
    if (!notice->value) return false;
    const std::string why = tell(*notice->value, rules, stop);
    auto kept = keep(store, stop,
                     [&](write_session& session) { return keep_notice(session, notice->value->id, why.empty(), why); });
    if (!kept) return kept.error();
    ++(why.empty() ? counts.notices_sent : counts.notices_failed);
    return true;
}

playbook_runner::playbook_runner(database& store, log_sink log, work_counts& counts, std::size_t threads)
    : alerts_(store),
      own_steps_(store, own_due_every),
      notices_(store),
      outbound_steps_(store, outbound_due_every) {
    if (auto done = take_over(store, wall_clock()); !done && log)
        log(log_level::warning, "playbooks that were broken off: " + done.error().message());
    workers_.emplace_back(
        [this, &store](const std::stop_token&) -> result<bool> {
            const auto watched = alerts_.look([&] { return watch_alerts(store, wall_clock()); });
            if (!watched) return watched.error();
            const auto ran = own_steps_.look([&] { return run_own_steps(store, wall_clock()); });
            if (!ran) return ran.error();
            return *watched || *ran;
        },
        log, "playbooks could not go on", pause);
    for (std::size_t i = 0; i < threads; ++i)
        workers_.emplace_back(
            [this, &store, &counts](const std::stop_token& stop) -> result<bool> {
                const auto& rules = outbound_in_force().actions;
                const auto noticed = notices_.look([&] { return send_notice(store, rules, counts, stop); });
                if (!noticed) return noticed.error();
                const auto ran =
                    outbound_steps_.look([&] { return run_outbound_step(store, rules, wall_clock, counts, stop); });
                if (!ran) return ran.error();
                return *noticed || *ran;
            },
            log, "steps of playbooks could not be run");
}

}  // namespace carrel::siem
