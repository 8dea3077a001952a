#include "siem/event_rows.hpp"

#include "base/csv.hpp"
#include "json/writer.hpp"
#include "siem/segment_scan.hpp"

#include <array>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 8> head_columns = {"id",   "timestamp", "received_at", "source",
                                                          "host", "channel",   "event_code",  "severity"};

std::vector<event_field> all_head_columns() {
    std::vector<event_field> made;
    made.reserve(head_columns.size());
    for (const std::string_view name : head_columns) made.push_back(*event_field::named(name));
    return made;
}

}  // namespace

event_rows::event_rows(reply_format format, std::vector<event_field> fields)
    : format_(format),
      is_whole_(fields.empty()),
      fields_(is_whole_ ? all_head_columns() : std::move(fields)) {}

void event_rows::append_header(std::string& out) const {
    if (format_ != reply_format::csv) return;
    bool is_first = true;
    for (const event_field& each : fields_) {
        if (!std::exchange(is_first, false)) out += ',';
        base::append_csv_cell(each.name(), out);
    }
    out += is_whole_ ? ",fields\r\n" : "\r\n";
}

void event_rows::append(const segments::event_head& head, std::string_view fields, std::string& out) {
    if (format_ == reply_format::csv) return append_cells(head, fields, out);
    if (is_whole_) append_event(head, fields, out);
    else append_members(head, fields, out);
    out += '\n';
}

// Nothing is null, several values are a list.
void event_rows::append_members(const segments::event_head& head, std::string_view fields, std::string& out) {
    json::writer row(out);
    row.begin_object();
    for (event_field& each : fields_) {
        values_.clear();
        each.each_scalar(head, fields, [&](json::scalar kind, std::string_view text) {
            std::string& value = values_.emplace_back();
            if (kind == json::scalar::string) json::writer(value).string(text);
            else value = text;
        });
        row.key(each.name());
        if (values_.empty()) row.null();
        else if (values_.size() == 1) row.raw(values_.front());
        else row.begin_array();
        if (values_.size() < 2) continue;
        for (const std::string& value : values_) row.raw(value);
        row.end_array();
    }
    row.end_object();
}

// Several values of a field are a JSON array in its cell.
void event_rows::append_cells(const segments::event_head& head, std::string_view fields, std::string& out) {
    bool is_first = true;
    for (event_field& each : fields_) {
        if (!std::exchange(is_first, false)) out += ',';
        values_.clear();
        each.each(head, fields, [&](std::string_view text) { values_.emplace_back(text); });
        if (values_.size() == 1) base::append_csv_cell(values_.front(), out);
        if (values_.size() < 2) continue;
        std::string list;
        json::writer items(list);
        items.begin_array();
        for (const std::string& value : values_) items.string(value);
        items.end_array();
        base::append_csv_cell(list, out);
    }
    if (is_whole_) {
        out += ',';
        base::append_csv_cell(fields, out);
    }
    out += "\r\n";
}

}  // namespace carrel::siem
