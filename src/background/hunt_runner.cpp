#include "background/hunt_runner.hpp"

#include "siem/hunt_step.hpp"
#include "siem/indicators.hpp"

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds expiry_interval{60};
// How long a step keeps a reader.
constexpr std::chrono::milliseconds step_time_max{250};
// How often new events are held against indicators; each time for `step_time_max` at most.
constexpr std::chrono::milliseconds watch_interval{1'000};

}  // namespace

hunt_runner::hunt_runner(database& store, log_sink log)
    : store_(&store),
      log_(log),
      hunts_(store),
      worker_([this](const std::stop_token&) { return step(); }, std::move(log), "hunts could not go on") {}

// One that fails does not keep the others from their work.
result<bool> hunt_runner::step() {
    bool has_worked = false;
    result<void> failed;
    for (const auto part : {&hunt_runner::watch_events, &hunt_runner::hunt, &hunt_runner::expire}) {
        auto worked = (this->*part)();
        if (!worked) failed = worked.error();
        else has_worked = has_worked || *worked;
    }
    if (!failed) return failed.error();
    return has_worked;
}

result<bool> hunt_runner::hunt() {
    return hunts_.look([this] { return go_on(); });
}

result<bool> hunt_runner::go_on() {
    auto hunt = store_->read(next_hunt, background_options());
    if (!hunt) return hunt.error();
    if (!*hunt) return false;
    auto step =
        store_->read([&](read_session& session) { return look(session, **hunt, step_time_max); }, background_options());
    if (!step && step.error() == sqlite_errc::corrupt) {
        const std::string why = "the stored events are damaged: " + step.error().message();
        auto done = store_->write([&](write_session& session) { return fail_hunt(session, **hunt, why, wall_clock()); },
                                  background_options());
        if (!done) return done.error();
        return true;
    }
    if (!step) return step.error();
    auto done = store_->write([&](write_session& session) { return keep_step(session, **hunt, *step, wall_clock()); },
                              background_options());
    if (!done) return done.error();
    return true;
}

result<bool> hunt_runner::expire() {
    const auto at = std::chrono::steady_clock::now();
    if (at < expire_at_) return false;
    const timestamp until = wall_clock();
    auto due = store_->read(
        [&](read_session& session) {
            return session.first_integer(
                "SELECT 1 FROM iocs WHERE status = 0 AND expires_at IS NOT NULL "
                "AND expires_at <= ? LIMIT 1",
                until);
        },
        background_options());
    if (!due) return due.error();
    if (!*due) {
        expire_at_ = at + expiry_interval;
        return false;
    }
    auto done =
        store_->write([&](write_session& session) { return archive_expired(session, until); }, background_options());
    if (!done) return done.error();
    return true;
}

// Anew when one may have become active, but not so often that it takes more than a tenth of the time. One that is not
// active any more stays in the set until then: the writer knows better.
result<void> hunt_runner::load_indicators() {
    const auto begun = std::chrono::steady_clock::now();
    if (begun < load_at_) return {};
    auto stamp = store_->read(indicator_stamp, background_options());
    if (!stamp) return stamp.error();
    if (*stamp == watched_.stamp) return {};
    auto made = std::make_shared<indicator_set>();
    std::int64_t after = 0;
    for (bool is_more = true; is_more;) {
        auto more = store_->read([&](read_session& session) { return add_active(session, after, *made); },
                                 background_options());
        if (!more) return more.error();
        is_more = *more;
    }
    if (made->size() == 0 && (watch_next_ || watched_.all == nullptr))
        if (auto done = stand_at({}); !done) return done;
    watched_ = {std::move(made), *stamp};
    const auto ended = std::chrono::steady_clock::now();
    load_at_ = ended + 10 * (ended - begun);
    return {};
}

// While there is no indicator nothing is read or written. What was stored meanwhile is left to hunts.
result<void> hunt_runner::begin_watch() {
    auto next = store_->read(
        [&](read_session& session) -> result<std::pair<std::optional<std::int64_t>, std::int64_t>> {
            auto kept = watch_position(session);
            if (!kept) return kept.error();
            auto end = next_position(session);
            if (!end) return end.error();
            return std::pair(*kept, *end);
        },
        background_options());
    if (!next) return next.error();
    if (!next->first) return stand_at(next->second);
    watch_next_ = next->first;
    return {};
}

result<void> hunt_runner::stand_at(std::optional<std::int64_t> position) {
    auto done =
        store_->write([&](write_session& session) { return keep_position(session, position); }, background_options());
    if (!done) return done.error();
    watch_next_ = position;
    return {};
}

// Where events are damaged it goes on behind all that are stored.
result<void> hunt_runner::pass_damage(const error& failure) {
    if (log_) log_(log_level::warning, "hunts could not go on: " + failure.message());
    auto end = store_->read(next_position, background_options());
    if (!end) return end.error();
    return stand_at(*end);
}

result<bool> hunt_runner::watch_events() {
    const auto at = std::chrono::steady_clock::now();
    if (at < watch_at_) return false;
    watch_at_ = at + watch_interval;
    if (auto done = load_indicators(); !done) return done.error();
    if (watched_.all == nullptr || watched_.all->size() == 0) return false;
    if (!watch_next_)
        if (auto done = begin_watch(); !done) return done.error();
    auto step =
        store_->read([&](read_session& session) { return watch(session, *watched_.all, *watch_next_, step_time_max); },
                     background_options());
    if (!step && step.error() == sqlite_errc::corrupt) {
        if (auto done = pass_damage(step.error()); !done) return done.error();
        return false;
    }
    if (!step) return step.error();
    if (step->next == step->from) return false;
    auto done = store_->write([&](write_session& session) { return keep_watch(session, *step, wall_clock()); },
                              background_options());
    if (!done) return done.error();
    if (done->value) watch_next_ = step->next;
    else watch_next_.reset();
    return false;
}

}  // namespace carrel::siem
