#include "background/action_tester.hpp"

#include "background/action_sender.hpp"
#include "siem/outbound_settings.hpp"

namespace carrel::siem {

namespace {

struct claimed {
    std::int64_t seq = 0;
    std::string action_id;
};

result<std::optional<claimed>> claim(database& store) {
    auto waits = store.read(
        [](read_session& session) -> result<bool> {
            auto found = session.first_integer("SELECT 1 FROM action_tests WHERE state = 0 LIMIT 1");
            if (!found) return found.error();
            return found->has_value();
        },
        [] {
            job_options made = background_options();
            made.priority = priority::normal;
            return made;
        }());
    if (!waits) return waits.error();
    if (!*waits) return std::optional<claimed>();
    auto done = store.write(
        [](write_session& session) -> result<std::optional<claimed>> {
            auto row = session.first<std::tuple<std::int64_t, std::string>>(
                write_sql("UPDATE action_tests SET state = 1, started_at = ? WHERE seq = "
                          "(SELECT min(seq) FROM action_tests WHERE state = 0) RETURNING seq, action_id"),
                wall_clock());
            if (!row) return row.error();
            if (!*row) return std::optional<claimed>();
            return std::optional<claimed>(claimed{std::get<0>(**row), std::get<1>(**row)});
        },
        background_options());
    if (!done) return done.error();
    return done->value;
}

attempt attempt_of(database& store, const claimed& which, const std::stop_token& stop) {
    auto row = store.read([&](read_session& session) { return find(actions(), session, which.action_id); });
    if (!row) return {.detail = "the action could not be read"};
    if (!*row) return {.detail = "the action is no longer there"};
    const auto opened = open_action(**row);
    if (!opened) return {.detail = opened.error().text};
    return try_action(*opened, outbound_in_force().actions, stop);
}

result<void> keep(database& store, const claimed& which, const attempt& made) {
    auto done = store.write(
        [&](write_session& session) {
            return session.execute(
                "UPDATE action_tests SET state = ?, finished_at = ?, status = ?, detail = ? WHERE seq = ?",
                static_cast<std::int64_t>(made.has_succeeded ? attempt_state::succeeded : attempt_state::failed),
                wall_clock(), made.status == 0 ? value() : value(made.status), made.detail, which.seq);
        },
        background_options());
    if (!done) return done.error();
    return {};
}

// Nobody makes an attempt that was begun before this process.
void end_broken_off(database& store) {
    static_cast<void>(store.write(
        [](write_session& session) {
            return session.execute(
                "UPDATE action_tests SET state = 3, finished_at = ?, detail = 'the server stopped meanwhile' "
                "WHERE state = 1",
                wall_clock());
        },
        background_options()));
}

}  // namespace

result<bool> make_attempt(database& store, const std::stop_token& stop) {
    auto which = claim(store);
    if (!which) return which.error();
    if (!*which) return false;
    if (auto done = keep(store, **which, attempt_of(store, **which, stop)); !done) return done.error();
    return true;
}

action_tester::action_tester(database& store, log_sink log, std::size_t threads)
    : tests_(store) {
    end_broken_off(store);
    for (std::size_t i = 0; i < threads; ++i)
        workers_.emplace_back(
            [this, &store](const std::stop_token& stop) {
                return tests_.look([&] { return make_attempt(store, stop); });
            },
            log, "actions could not be tested");
}

}  // namespace carrel::siem
