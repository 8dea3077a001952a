#include "siem/playbooks/alert_triggers.hpp"

#include "base/uuid.hpp"
#include "siem/alerts.hpp"
#include "siem/playbooks/execution.hpp"
#include "siem/playbooks/playbook.hpp"
#include "siem/playbooks/stored_json.hpp"

namespace carrel::siem {

namespace {

constexpr std::int64_t alerts_a_step = 100;

struct watching_playbook {
    std::string id;
    std::vector<playbook_trigger> triggers;
};

result<std::vector<watching_playbook>> watching_playbooks(read_session& session) {
    std::vector<watching_playbook> all;
    using row = std::tuple<std::string, std::string>;
    auto done = session.each<row>(
        read_sql(
            "SELECT id, triggers FROM playbooks WHERE enabled = 1 AND triggers <> '[]' ORDER BY priority DESC, id"),
        [&](const row& one) {
            std::vector<fault> ignored;  // they were checked when they were stored
            all.push_back({std::get<0>(one), read_triggers(parse_stored(std::get<1>(one)), {}, ignored)});
        });
    if (!done) return done.error();
    return all;
}

result<std::optional<record>> alert_at(read_session& session, std::int64_t row) {
    auto id = session.first<std::string>(read_sql("SELECT id FROM alerts WHERE seq = ?"), row);
    if (!id) return id.error();
    if (!*id) return std::optional<record>();
    return find(alerts(), session, **id);
}

result<std::int64_t> start_one(write_session& session, const trigger_match& match, const std::string& playbook_id,
                               uuid_generator& fresh, timestamp now) {
    auto playbook = find(playbooks(), session, playbook_id);
    if (!playbook) return playbook.error();
    if (!*playbook || (*playbook)->integer(playbook_at().enabled) == 0) return std::int64_t{0};
    const bool is_too_deep = match.depth > depth_max;
    auto started = start_execution(session, **playbook,
                                   {.id = fresh(),
                                    .alert_id = match.alert_id,
                                    .investigation_id = {},
                                    .trigger = execution_trigger::alert,
                                    .depth = match.depth,
                                    .by = {},
                                    .error = is_too_deep ? "not run: " + std::to_string(match.depth) +
                                                               " executions led to it, each by what it changed"
                                                         : std::string(),
                                    .now = now});
    if (!started) return started.error();
    return std::int64_t{*started};
}

}  // namespace

result<std::vector<trigger_match>> match_alerts(read_session& session) {
    std::vector<trigger_match> found;
    using row = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    auto queued = session.all<row>(read_sql("SELECT alert, change, depth FROM alerts_to_match ORDER BY alert LIMIT ?"),
                                   alerts_a_step);
    if (!queued) return queued.error();
    if (queued->empty()) return found;
    auto watching = watching_playbooks(session);
    if (!watching) return watching.error();
    for (const auto& [seq, change, depth] : *queued) {
        trigger_match& match = found.emplace_back(trigger_match{seq, change, depth, {}, {}});
        auto alert = alert_at(session, seq);
        if (!alert) return alert.error();
        if (!*alert) continue;
        match.alert_id = *(*alert)->text(alerts().id);
        for (const watching_playbook& each : *watching)
            if (fits(each.triggers, **alert)) match.playbook_ids.push_back(each.id);
    }
    return found;
}

result<std::int64_t> start_matches(write_session& session, const std::vector<trigger_match>& matches, timestamp now) {
    std::int64_t count = 0;
    uuid_generator fresh;
    for (const trigger_match& match : matches) {
        // The queue keeps what there is no room for.
        auto room = may_start(session);
        if (!room) return room.error();
        if (!*room && !match.playbook_ids.empty()) continue;
        for (const std::string& id : match.playbook_ids) {
            auto started = start_one(session, match, id, fresh, now);
            if (!started) return started.error();
            count += *started;
        }
        auto done =
            session.execute("DELETE FROM alerts_to_match WHERE alert = ? AND change = ?", match.alert, match.change);
        if (!done) return done.error();
        if (session.should_yield()) break;
    }
    return count;
}

}  // namespace carrel::siem
