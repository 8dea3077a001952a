#include "siem/alert_counts.hpp"

#include "base/time.hpp"
#include <algorithm>

namespace carrel::siem {

namespace {

// Adds up rows of status, severity and count.
result<void> add_up(statement& rows, alert_counts& into) {
    for (;;) {
        auto more = rows.step();
        if (!more) return more.error();
        if (!*more) return {};
        const auto status = static_cast<std::size_t>(rows.integer(0)),
                   severity = static_cast<std::size_t>(rows.integer(1));
        into.of.at(status).at(severity) += rows.integer(2);
    }
}

}  // namespace

result<void> count_alerts(write_session& session, row_range rows) {
    if (rows.after == rows.last) return {};
    auto months = session.execute(
        "INSERT INTO alert_months(month, count) SELECT CAST(strftime('%Y%m', created_at / 1000000, 'unixepoch') AS "
        "INTEGER) AS at, count(*) FROM alerts WHERE seq > ? AND seq <= ? GROUP BY at "
        "ON CONFLICT(month) DO UPDATE SET count = count + excluded.count",
        rows.after, rows.last);
    if (!months) return months;
    if (auto done = session.execute(
            "INSERT INTO alert_days(day, count) SELECT created_at / 86400000000, count(*) FROM alerts "
            "WHERE seq > ? AND seq <= ? GROUP BY 1 ON CONFLICT(day) DO UPDATE SET count = count + excluded.count",
            rows.after, rows.last);
        !done)
        return done;
    if (auto done = session.execute("INSERT INTO alert_rules(rule_id, count) SELECT rule_id, count(*) FROM alerts "
                                    "WHERE seq > ? AND seq <= ? AND +rule_id IS NOT NULL GROUP BY +rule_id "
                                    "ON CONFLICT(rule_id) DO UPDATE SET count = count + excluded.count",
                                    rows.after, rows.last);
        !done)
        return done;
    return session.execute(
        "INSERT INTO alert_counts(status, severity, count) SELECT status, severity, count(*) FROM alerts "
        "WHERE seq > ? AND seq <= ? GROUP BY status, severity "
        "ON CONFLICT(status, severity) DO UPDATE SET count = count + excluded.count",
        rows.after, rows.last);
}

result<void> recount_alert(write_session& session, std::int64_t status, std::int64_t severity, std::int64_t change) {
    return session.execute(
        "INSERT INTO alert_counts(status, severity, count) VALUES (?, ?, ?) "
        "ON CONFLICT(status, severity) DO UPDATE SET count = count + excluded.count",
        status, severity, change);
}

result<void> recount_month(write_session& session, timestamp created_at, std::int64_t change) {
    return session.execute("UPDATE alert_months SET count = count + ? WHERE month = ?", change, month_of(created_at));
}

std::int64_t month_of(timestamp at) {
    const std::string text = format_time(at);
    return std::stoll(text.substr(0, 4) + text.substr(5, 2));
}

result<month_counts> read_month_counts(read_session& session, std::int64_t from, std::int64_t last_counted) {
    month_counts found;
    using row = std::pair<std::int64_t, std::int64_t>;
    const auto add = [&](const row& one) { found[one.first] += one.second; };
    if (auto done = session.each<row>("SELECT month, count FROM alert_months WHERE month >= ?", from, add); !done)
        return done.error();
    auto done = session.each<std::int64_t>("SELECT created_at FROM alerts WHERE seq > ?", last_counted,
                                           [&](std::int64_t created_at) {
                                               const std::int64_t month = month_of(created_at);
                                               if (month >= from) ++found[month];
                                           });
    if (!done) return done.error();
    return found;
}

result<alert_counts> read_alert_counts(read_session& session, std::int64_t last_counted) {
    alert_counts found;
    auto counted = session.prepare("SELECT status, severity, count FROM alert_counts");
    if (!counted) return counted.error();
    if (auto done = add_up(counted->bind(), found); !done) return done.error();
    auto later = session.prepare("SELECT status, severity, 1 FROM alerts WHERE seq > ?");
    if (!later) return later.error();
    if (auto done = add_up(later->bind(last_counted), found); !done) return done.error();
    return found;
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
