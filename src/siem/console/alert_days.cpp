#include "siem/console/alert_days.hpp"

#include <algorithm>
#include <tuple>

namespace carrel::siem {

result<void> count_alert_days(write_session& session, row_range rows) {
    if (auto done = session.execute(
            "INSERT INTO alert_days(day, count) SELECT created_at / 86400000000, count(*) FROM alerts "
            "WHERE seq > ? AND seq <= ? GROUP BY 1 ON CONFLICT(day) DO UPDATE SET count = count + excluded.count",
            rows.after, rows.last);
        !done)
        return done;
    return session.execute(
        "INSERT INTO alert_rules(rule_id, count) SELECT rule_id, count(*) FROM alerts "
        "WHERE seq > ? AND seq <= ? AND +rule_id IS NOT NULL GROUP BY +rule_id "
        "ON CONFLICT(rule_id) DO UPDATE SET count = count + excluded.count",
        rows.after, rows.last);
}

result<std::map<std::int64_t, std::int64_t>> read_alert_days(read_session& session, std::int64_t last_counted,
                                                             std::int64_t first_day) {
    std::map<std::int64_t, std::int64_t> found;
    const auto add = [&](const std::tuple<std::int64_t, std::int64_t>& row) {
        if (std::get<0>(row) >= first_day) found[std::get<0>(row)] += std::get<1>(row);
    };
    auto counted = session.each<std::tuple<std::int64_t, std::int64_t>>(
        read_sql("SELECT day, count FROM alert_days WHERE day >= ? AND count > 0"), first_day, add);
    if (!counted) return counted.error();
    auto later = session.each<std::tuple<std::int64_t, std::int64_t>>(
        read_sql("SELECT created_at / 86400000000, 1 FROM alerts WHERE seq > ?"), last_counted, add);
    if (!later) return later.error();
    return found;
}

result<fired_rules> read_fired_rules(read_session& session, std::int64_t last_counted, std::size_t top_max) {
    fired_rules found;
    auto known = session.first_integer("SELECT count(*) FROM alert_rules WHERE count > 0");
    if (!known) return known.error();
    found.count = known->value_or(0);
    std::map<std::string, std::int64_t> totals;
    auto top = session.each<std::tuple<std::string, std::int64_t>>(
        read_sql("SELECT rule_id, count FROM alert_rules WHERE count > 0 ORDER BY count DESC, rule_id LIMIT ?"),
        static_cast<std::int64_t>(top_max),
        [&](const std::tuple<std::string, std::int64_t>& row) { totals[std::get<0>(row)] = std::get<1>(row); });
    if (!top) return top.error();
    // A rule with alerts that are not counted yet may be one of the first by now. The plus keeps SQLite from going through all
    // alerts in the order of their rules.
    auto later = session.all<std::tuple<std::string, std::int64_t>>(
        read_sql("SELECT rule_id, count(*) FROM alerts WHERE seq > ? AND +rule_id IS NOT NULL GROUP BY +rule_id"),
        last_counted);
    if (!later) return later.error();
    for (const auto& [rule_id, count] : *later) {
        auto before = session.first_integer("SELECT count FROM alert_rules WHERE rule_id = ?", rule_id);
        if (!before) return before.error();
        if (before->value_or(0) == 0) ++found.count;
        totals[rule_id] = before->value_or(0) + count;
    }
    for (const auto& [rule_id, count] : totals) found.top.push_back({rule_id, count});
    std::stable_sort(found.top.begin(), found.top.end(),
                     [](const rule_alerts& a, const rule_alerts& b) { return a.alerts > b.alerts; });
    if (found.top.size() > top_max) found.top.resize(top_max);
    return found;
}

}  // namespace carrel::siem
