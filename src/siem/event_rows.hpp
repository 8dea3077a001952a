#pragma once

#include "siem/event_field.hpp"

#include <string>
#include <vector>

namespace carrel::siem {

/// Writes events row by row: as NDJSON or CSV, whole or some fields of them. Not thread-safe.
class event_rows {
public:
    /// Without `fields`: all of an event.
    event_rows(reply_format format, std::vector<event_field> fields);

    /// What comes before the first row.
    void append_header(std::string& out) const;
    void append(const segments::event_head& head, std::string_view fields, std::string& out);

private:
    void append_members(const segments::event_head& head, std::string_view fields, std::string& out);
    void append_cells(const segments::event_head& head, std::string_view fields, std::string& out);

    reply_format format_;
    bool is_whole_;
    std::vector<event_field> fields_;
    std::vector<std::string> values_;  // of the field at hand, as JSON
};

}  // namespace carrel::siem
