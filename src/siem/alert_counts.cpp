#include "siem/alert_counts.hpp"

#include "base/time.hpp"
#include "siem/console/alert_days.hpp"

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
    if (auto done = count_alert_days(session, rows); !done) return done;
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

}  // namespace carrel::siem
