#include "siem/indicator_watch.hpp"

#include "base/siphash.hpp"
#include "base/uuid.hpp"
#include "siem/event_strings.hpp"
#include "siem/match_text.hpp"
#include "siem/position_walk.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <unordered_map>

namespace carrel::siem {

namespace {

constexpr std::int64_t rows_a_read = 20'000;
constexpr std::size_t matches_a_step = 100;  // of one indicator

/// Gathers what events have, by indicator.
class gatherer {
public:
    gatherer(const indicator_set& known, watch_step& into)
        : known_(known),
          into_(into) {}

    void look_at(const segments::event_head& head, std::string_view fields) {
        ++into_.events_read;
        strings_.each(fields, [&](std::string_view path, std::string_view text) {
            known_.match(lookup_, scratch_, text,
                         [&](indicators::kind of, std::string_view form) { found(head, of, form, path, text); });
        });
    }

private:
    void found(const segments::event_head& head, indicators::kind of, std::string_view form, std::string_view path,
               std::string_view text) {
        key_.assign(1, static_cast<char>(of)).append(form);
        const auto [place, is_new] = places_.try_emplace(key_, into_.hits.size());
        if (is_new) {
            indicator_hits& made = into_.hits.emplace_back();
            made.of = of;
            made.normalized = form;
            made.first_at = made.last_at = head.at;
        }
        indicator_hits& hits = into_.hits[place->second];
        ++hits.count;
        hits.first_at = std::min(hits.first_at, head.at);
        hits.last_at = std::max(hits.last_at, head.at);
        if (hits.matches.size() < matches_a_step)
            hits.matches.push_back({text_of(head.id), cut(path, match_text_max), cut(text, match_text_max), head.at});
    }

    const indicator_set& known_;
    watch_step& into_;
    indicators::lookup lookup_;
    event_strings strings_;
    std::string scratch_, key_;
    std::unordered_map<std::string, std::size_t> places_;
};

// An indicator that is not there any more, or not active, has no hits; nor has a value whose hash only seemed to be one's.
struct hit_indicator {
    std::string id;
    std::int64_t hits_before = 0;
};
result<std::optional<hit_indicator>> count_hits(write_session& session, const indicator_hits& one) {
    using row = std::tuple<std::string, std::int64_t>;
    auto found = session.first<row>(
        write_sql("UPDATE iocs SET version = version + 1, hit_count = hit_count + ?1, "
                  "first_seen = min(ifnull(first_seen, ?2), ?2), last_seen = max(ifnull(last_seen, ?3), ?3) "
                  "WHERE normalized = ?4 AND type = ?5 AND status = 0 RETURNING id, hit_count - ?1"),
        one.count, one.first_at, one.last_at, one.normalized, static_cast<std::int64_t>(one.of));
    if (!found) return found.error();
    if (!*found) return std::optional<hit_indicator>();
    return std::optional(hit_indicator{std::get<0>(**found), std::get<1>(**found)});
}

result<void> keep_matches(write_session& session, const hit_indicator& of, const indicator_hits& one, timestamp now) {
    const std::int64_t room = watch_matches_max - of.hits_before;
    uuid_generator fresh;
    auto into = session.prepare(
        write_sql("INSERT INTO ioc_matches(id, ioc_id, event_id, field, value, event_timestamp, detected_at) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?)"));
    if (!into) return into.error();
    for (std::size_t i = 0; i < one.matches.size() && static_cast<std::int64_t>(i) < room; ++i) {
        const auto& match = one.matches[i];
        auto done = into->bind(fresh(), of.id, match.event_id, match.field, match.value, match.at, now).run();
        if (!done) return done;
    }
    return {};
}

}  // namespace

result<std::int64_t> indicator_stamp(read_session& session) {
    auto stamp = session.first_integer("SELECT stamp FROM ioc_watch");
    if (!stamp) return stamp.error();
    return stamp->value_or(0);
}

result<bool> add_active(read_session& session, std::int64_t& after, indicator_set& into) {
    using row = std::tuple<std::int64_t, std::int64_t, std::string_view>;
    std::int64_t rows = 0;
    auto done = session.each<row>(
        read_sql("SELECT seq, type, normalized FROM iocs WHERE seq > ? AND +status = 0 ORDER BY seq LIMIT ?"), after,
        rows_a_read, [&](const row& one) {
            after = std::get<0>(one);
            into.add(static_cast<indicators::kind>(std::get<1>(one)), std::get<2>(one));
            ++rows;
        });
    if (!done) return done.error();
    return rows == rows_a_read;
}

result<std::optional<std::int64_t>> watch_position(read_session& session) {
    return session.first_integer("SELECT next FROM ioc_watch");
}

result<std::int64_t> next_position(read_session& session) {
    auto next = session.first_integer("SELECT next FROM event_sequence");
    if (!next) return next.error();
    return next->value_or(1);
}

result<void> keep_position(write_session& session, std::optional<std::int64_t> next) {
    return session.execute("UPDATE ioc_watch SET next = ?", next);
}

result<watch_step> watch(read_session& session, const indicator_set& known, std::int64_t from,
                         std::chrono::milliseconds time_max) {
    watch_step step;
    step.from = step.next = from;
    auto end = next_position(session);
    if (!end) return end.error();
    step.is_last = from >= *end;
    if (step.is_last) return step;
    static const std::uint64_t cost = base::keyed_hash("watch");
    if (auto allowed = expect_cost(session, cost); !allowed) return allowed.error();
    gatherer by(known, step);
    const event_conditions all;
    auto walk = position_walk::open(session, all, from, *end);
    if (!walk) return walk.error();
    const auto stop_at = std::chrono::steady_clock::now() + time_max;
    do {
        auto more = walk->step([&](const auto& head, auto fields) { by.look_at(head, fields); });
        if (!more) return more.error();
        step.next = walk->next();
        step.is_last = !*more;
    } while (!step.is_last && step.hits.size() < watch_hits_max && std::chrono::steady_clock::now() < stop_at);
    return step;
}

result<bool> keep_watch(write_session& session, const watch_step& step, timestamp now) {
    const auto before = session.changes();
    auto kept = session.execute("UPDATE ioc_watch SET next = ? WHERE next = ?", step.next, step.from);
    if (!kept) return kept.error();
    if (session.changes() == before) return false;
    for (const indicator_hits& each : step.hits) {
        auto known = count_hits(session, each);
        if (!known) return known.error();
        if (!*known) continue;
        if (auto done = keep_matches(session, **known, each, now); !done) return done.error();
    }
    return true;
}

}  // namespace carrel::siem
