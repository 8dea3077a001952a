#include "siem/hunt_step.hpp"

#include "base/siphash.hpp"
#include "base/uuid.hpp"
#include "resource/references.hpp"
#include "siem/event_strings.hpp"
#include "siem/hunt_tokens.hpp"
#include "siem/indicator_set.hpp"
#include "siem/loose_events.hpp"
#include "siem/match_text.hpp"
#include "siem/position_walk.hpp"

#include <carrel/cost.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

/// Looks for all indicators of a hunt in the text of one event after the other.
class matcher {
public:
    matcher(const open_hunt& hunt, hunt_step& into)
        : hunt_(hunt),
          into_(into),
          known_(hunt.wanted.size()) {
        for (const open_hunt::indicator& each : hunt.wanted) known_.add(each.of, each.normalized);
    }

    void look_at(const segments::event_head& head, std::string_view fields) {
        fields_found_.clear();
        ++into_.events_read;
        strings_.each(fields, [&](std::string_view path, std::string_view text) {
            known_.match(lookup_, scratch_, text, [&](indicators::kind of, std::string_view form) {
                found(head, {of, form}, path, text);
            });
        });
    }

private:
    // The set has hashes; now the texts are compared.
    void found(const segments::event_head& head, const indicators::lookup_key& form, std::string_view path,
               std::string_view text) {
        for (std::size_t i = 0; i < hunt_.wanted.size(); ++i) {
            if (hunt_.wanted[i].of != form.of || hunt_.wanted[i].normalized != form.text) continue;
            const std::pair one(i, std::string(path));
            // An array may have it twice.
            if (std::find(fields_found_.begin(), fields_found_.end(), one) != fields_found_.end()) continue;
            fields_found_.push_back(one);
            ++into_.match_count;
            if (hunt_.matches_kept + static_cast<std::int64_t>(into_.matches.size()) >= hunt_matches_max) continue;
            into_.matches.push_back(
                {i, text_of(head.id), cut(path, match_text_max), cut(text, match_text_max), head.at});
        }
    }

    const open_hunt& hunt_;
    hunt_step& into_;
    indicator_set known_;
    indicators::lookup lookup_;
    event_strings strings_;
    std::string scratch_;
    std::vector<std::pair<std::size_t, std::string>> fields_found_;  // in the event at hand
};

event_conditions conditions_of(const open_hunt& hunt) {
    event_conditions made;
    made.range = hunt.range;
    query::requirement any{.is = query::requirement::kind::one_of, .token = 0, .parts = {}};
    for (const open_hunt::indicator& each : hunt.wanted) {
        any.parts.push_back(words_of(each.of, each.normalized));
        if (any.parts.back().is == query::requirement::kind::anything) return made;
    }
    made.required.push_back(std::move(any));
    return made;
}

// What an earlier version stored, all of it at once: from here on it may get positions, behind those of the hunt.
result<void> look_at_rows(read_session& session, const event_conditions& conditions, matcher& by, hunt_step& into) {
    auto end = session.first_integer("SELECT next FROM event_sequence");
    if (!end) return end.error();
    into.end = end->value_or(0);
    result<void> going;
    std::size_t seen = 0;
    auto done = each_loose_event(session, conditions, direction::oldest_first, {}, [&](const auto& head, auto fields) {
        by.look_at(head, fields);
        if (++seen % 1024 == 0) going = session.check_interrupt();
        return going.has_value();
    });
    return done ? going : done;
}

result<std::vector<open_hunt::indicator>> indicators_of(read_session& session, const std::string& list) {
    std::vector<open_hunt::indicator> found;
    for (const std::string& id : items_of(value(list))) {
        using row = std::tuple<std::int64_t, std::string>;
        auto one = session.first<row>(read_sql("SELECT type, normalized FROM iocs WHERE id = ?"), id);
        if (!one) return one.error();
        if (*one)
            found.push_back({id, static_cast<indicators::kind>(std::get<0>(**one)), std::move(std::get<1>(**one))});
    }
    return found;
}

}  // namespace

result<std::optional<open_hunt>> next_hunt(read_session& session) {
    auto row = session.prepare(
        read_sql("SELECT seq, id, from_at, to_at, ioc_ids, next_position, end_position, matches_kept FROM hunts "
                 "INDEXED BY hunts_to_run WHERE status < 2 ORDER BY seq LIMIT 1"));
    if (!row) return row.error();
    auto found = row->step();
    if (!found) return found.error();
    if (!*found) return std::optional<open_hunt>();
    open_hunt hunt;
    hunt.seq = row->integer(0);
    hunt.id = row->text(1);
    hunt.range = {row->integer(2), row->integer(3)};
    if (row->type(5) == value_type::integer) hunt.next = row->integer(5);
    hunt.end = row->integer(6);
    hunt.matches_kept = row->integer(7);
    auto wanted = indicators_of(session, std::string(row->text(4)));
    if (!wanted) return wanted.error();
    hunt.wanted = std::move(*wanted);
    return std::optional(std::move(hunt));
}

result<hunt_step> look(read_session& session, const open_hunt& hunt, std::chrono::milliseconds time_max) {
    static const std::uint64_t cost = base::keyed_hash("hunt");
    if (auto allowed = expect_cost(session, cost); !allowed) return allowed.error();
    hunt_step step;
    step.next = hunt.next.value_or(0);
    step.end = hunt.end;
    matcher by(hunt, step);
    const event_conditions conditions = conditions_of(hunt);
    if (!hunt.next) {
        if (auto done = look_at_rows(session, conditions, by, step); !done) return done.error();
        return step;
    }
    auto walk = position_walk::open(session, conditions, step.next, step.end);
    if (!walk) return walk.error();
    const auto stop_at = std::chrono::steady_clock::now() + time_max;
    do {
        auto more = hunt.wanted.empty() ? result<bool>(false)
                                        : walk->step([&](const auto& head, auto fields) { by.look_at(head, fields); });
        if (!more) return more.error();
        step.next = walk->next();
        step.is_last = !*more;
    } while (!step.is_last && std::chrono::steady_clock::now() < stop_at);
    return step;
}

result<bool> keep_step(write_session& session, const open_hunt& hunt, const hunt_step& step, timestamp now) {
    const auto status = step.is_last ? hunt_status::completed : hunt_status::running;
    const double progress =
        step.is_last ? 1.0 : static_cast<double>(step.next) / static_cast<double>(std::max<std::int64_t>(1, step.end));
    const auto before = session.changes();
    auto kept = session.execute(
        "UPDATE hunts SET version = version + 1, updated_at = ?1, started_at = ifnull(started_at, ?1), status = ?2, "
        "completed_at = iif(?2 = 2, ?1, NULL), progress = ?3, events_read = events_read + ?4, "
        "match_count = match_count + ?5, matches_kept = matches_kept + ?6, next_position = ?7, end_position = ?8 "
        "WHERE seq = ?9 AND id = ?10 AND status < 2 AND next_position IS ?11",
        now, static_cast<std::int64_t>(status), std::clamp(progress, 0.0, 1.0), step.events_read, step.match_count,
        static_cast<std::int64_t>(step.matches.size()), step.next, step.end, hunt.seq, hunt.id, hunt.next);
    if (!kept) return kept.error();
    if (session.changes() == before) return false;
    uuid_generator fresh;
    auto into = session.prepare(
        write_sql("INSERT INTO ioc_matches(id, ioc_id, hunt_id, event_id, field, value, event_timestamp, detected_at) "
                  "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM iocs WHERE id = ?2)"));
    if (!into) return into.error();
    for (const found_match& each : step.matches) {
        auto done = into->bind(fresh(), hunt.wanted[each.indicator].id, hunt.id, each.event_id, each.field, each.value,
                               each.at, now)
                        .run();
        if (!done) return done.error();
    }
    return true;
}

result<void> fail_hunt(write_session& session, const open_hunt& hunt, std::string_view why, timestamp now) {
    return session.execute(
        "UPDATE hunts SET version = version + 1, updated_at = ?1, completed_at = ?1, status = 3, error = ?2 "
        "WHERE seq = ?3 AND id = ?4 AND status < 2",
        now, why, hunt.seq, hunt.id);
}

}  // namespace carrel::siem
