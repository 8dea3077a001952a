#include "cli/check_positions.hpp"

#include "segments/position_list.hpp"

namespace carrel::cli {
namespace {

constexpr std::size_t findings_max = 100;

constexpr const char* select_positions =
    "SELECT seq, events, coalesce(first, 0), coalesce(last, 0), gaps FROM event_segments "
    "LEFT JOIN segment_positions ON segment = seq ORDER BY seq";
constexpr const char* select_orphans =
    "SELECT segment FROM segment_positions WHERE segment NOT IN (SELECT seq FROM event_segments)";
constexpr const char* select_lost_summaries =
    "SELECT segment FROM segment_summaries WHERE segment NOT IN (SELECT seq FROM event_segments)";
constexpr const char* select_not_held =
    "SELECT alerts.id, cited.value FROM alerts, json_each(alerts.event_ids) AS cited WHERE alerts.status <> 7 AND NOT "
    "EXISTS "
    "(SELECT 1 FROM event_holds WHERE event = cited.value AND kind = 0 AND holder = alerts.seq)";
constexpr const char* select_held_for_nothing =
    "SELECT event FROM event_holds WHERE kind = 0 AND NOT EXISTS (SELECT 1 FROM alerts, json_each(alerts.event_ids) AS "
    "cited "
    "WHERE alerts.seq = holder AND alerts.status <> 7 AND cited.value = event)";

result<void> inspect_order(const sqlite::check_query& rows, std::vector<std::string>& findings) {
    std::int64_t before = 0, next = 0;
    auto done = rows(select_positions, [&](const sqlite::check_row& row) {
        const auto name = "segment " + std::to_string(row.integer(0)) + " of the events: ";
        const std::int64_t first = row.integer(2), last = row.integer(3);
        const auto positions =
            segments::unpack_positions(first, last, row.bytes(4), static_cast<std::size_t>(row.integer(1)));
        if (!positions) findings.push_back(name + "its positions are damaged or missing");
        else if (first <= before) findings.push_back(name + "its positions are among those of one before it");
        before = std::max(before, last);
        return findings.size() < findings_max;
    });
    if (!done) return done;
    done = rows("SELECT next FROM event_sequence", [&](const sqlite::check_row& row) {
        next = row.integer(0);
        return false;
    });
    if (done && next <= before) findings.emplace_back("the next position of the events is one that an event has");
    return done;
}

}  // namespace

result<void> inspect_positions(const sqlite::check_query& rows, std::vector<std::string>& findings) {
    if (auto done = inspect_order(rows, findings); !done) return done;
    auto done = rows(select_orphans, [&](const sqlite::check_row& row) {
        findings.push_back("there are positions of a segment " + std::to_string(row.integer(0)) + " that is not there");
        return findings.size() < findings_max;
    });
    if (!done) return done;
    done = rows(select_lost_summaries, [&](const sqlite::check_row& row) {
        findings.push_back("there is a summary of a segment " + std::to_string(row.integer(0)) + " that is not there");
        return findings.size() < findings_max;
    });
    if (!done) return done;
    done = rows(select_not_held, [&](const sqlite::check_row& row) {
        findings.push_back("alert " + std::string(row.bytes(0)) + " cites event " + std::string(row.bytes(1)) +
                           ", which is not held");
        return findings.size() < findings_max;
    });
    if (!done) return done;
    return rows(select_held_for_nothing, [&](const sqlite::check_row& row) {
        findings.push_back("event " + std::string(row.bytes(0)) + " is held for an alert that does not cite it");
        return findings.size() < findings_max;
    });
}

}  // namespace carrel::cli
