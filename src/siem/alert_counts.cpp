#include "siem/alert_counts.hpp"

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
