#include "siem/loose_events.hpp"

#include <algorithm>
#include <limits>

namespace carrel::siem {

namespace {

constexpr int first_text = 3;  // column of the row
constexpr int fields_column = first_text + static_cast<int>(segments::column_count);

bool passes_columns(const event_conditions& conditions, const segments::event_head& head) {
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        const auto& wanted = conditions.texts[i];
        if (wanted.empty()) continue;
        if (!head.texts[i] || std::find(wanted.begin(), wanted.end(), *head.texts[i]) == wanted.end()) return false;
    }
    return true;
}

result<statement> rows_of(read_session& session, const time_range& range, direction order) {
    auto rows = session.prepare(
        order == direction::newest_first
            ? read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, fields "
                       "FROM events WHERE timestamp >= ? AND timestamp < ? ORDER BY timestamp DESC, id DESC")
            : read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, fields "
                       "FROM events WHERE timestamp >= ? AND timestamp < ? ORDER BY timestamp, id"));
    if (!rows) return rows.error();
    rows->bind(range.from.value_or(std::numeric_limits<timestamp>::min()),
               range.to.value_or(std::numeric_limits<timestamp>::max()));
    return rows;
}

}  // namespace

std::optional<segments::event_head> loose_head(const statement& row) {
    const auto id = parse_uuid(row.text(0));
    if (!id) return std::nullopt;
    segments::event_head head{*id, row.integer(1), row.integer(2), {}};
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        const int column = first_text + static_cast<int>(i);
        if (row.type(column) != value_type::null) head.texts[i] = row.text(column);
    }
    return head;
}

result<void> each_loose_event(read_session& session, const event_conditions& conditions, direction order,
                              const std::optional<event_place>& after, const loose_visitor& visit) {
    auto rows = rows_of(session, conditions.range, order);
    if (!rows) return rows.error();
    text_test test(conditions);
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return {};
        const auto head = loose_head(*rows);
        if (!head || !passes_columns(conditions, *head)) continue;
        if (after && !precedes(*after, {head->at, head->id}, order)) continue;
        const std::string_view fields = rows->text(fields_column);
        if (conditions.look_at_text() && !test.passes(fields, *head)) continue;
        if (!visit(*head, fields)) return {};
    }
}

}  // namespace carrel::siem
