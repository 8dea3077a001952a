#include "siem/event_field.hpp"

#include "query/limits.hpp"
#include "query/tokens.hpp"
#include "resource/listing.hpp"
#include "siem/events.hpp"

namespace carrel::siem {

std::optional<event_field> event_field::named(std::string_view name) {
    if (name.empty() || name.size() > query::path_max) return std::nullopt;
    return event_field(query::column_named(name), std::string(name));
}

std::optional<event_field> event_field::parameter(const query_pairs& query, std::string_view name,
                                                  std::vector<fault>& faults) {
    const auto text = siem::parameter(query, name);
    auto made = text ? named(*text) : std::nullopt;
    if (!text) faults.push_back({std::string(name), 0, "is required: a column, or a path into fields"});
    else if (!made)
        faults.push_back({std::string(name), 0, "must have 1 to " + std::to_string(query::path_max) + " bytes"});
    return made;
}

std::vector<field_doc> event_field::parameters() {
    std::vector<field_doc> made = filter_parameters(events());
    std::erase_if(made, [](const field_doc& each) { return each.name.starts_with("field."); });
    made.push_back(
        {"field", R"({"type":"string","minLength":1,"maxLength":1024})", true, "A column, or a path into `fields`."});
    return made;
}

std::optional<segments::column> event_field::column() const noexcept {
    switch (column_) {
        case query::column::source: return segments::source;
        case query::column::host: return segments::host;
        case query::column::channel: return segments::channel;
        case query::column::event_code: return segments::event_code;
        case query::column::severity: return segments::severity;
        default: return std::nullopt;
    }
}

void event_field::require(event_conditions& conditions) const {
    if (!is_in_text()) return;
    query::requirement key;
    key.is = query::requirement::kind::path;
    key.token = query::key_token(name());
    conditions.required.push_back(std::move(key));
}

std::optional<std::string_view> event_field::text_of_column(const segments::event_head& head) {
    if (const auto kept = column()) return head.texts[*kept];
    switch (column_) {
        case query::column::id: written_ = siem::text_of(head.id); break;
        case query::column::timestamp: written_ = format_time(head.at); break;
        default: written_ = format_time(head.received_at); break;
    }
    return written_;
}

}  // namespace carrel::siem
