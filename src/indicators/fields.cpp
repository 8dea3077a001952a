#include "indicators/fields.hpp"

#include "indicators/text.hpp"

namespace carrel::indicators {

namespace {

std::string shown(std::string_view text) { return "`" + std::string(text.substr(0, 100)) + "`"; }

}  // namespace

bool put_type(candidate& into, std::string_view text, std::string& why) {
    if (text.empty()) return true;
    const auto of = kind_of_feed(text);
    if (of) into.of = of;
    else why = "has the type " + shown(text) + ", which is no kind of indicator";
    return of.has_value();
}

bool put_severity(candidate& into, std::string_view text, std::string& why) {
    if (text.empty()) return true;
    const auto named = severity_named(text);
    if (named) into.severity = *named;
    else why = "has the severity " + shown(text) + ": it is critical, high, medium, low or info";
    return named.has_value();
}

bool put_confidence(candidate& into, std::string_view text, std::string& why) {
    if (text.empty()) return true;
    into.confidence = confidence_of(text);
    if (!into.confidence) why = "has the confidence " + shown(text) + ": it is a number from 0 to 100";
    return into.confidence.has_value();
}

bool put_time(std::optional<siem::timestamp>& into, std::string_view name, std::string_view text, std::string& why) {
    if (text.empty()) return true;
    // Feeds also write days alone.
    into = text.size() == 10 && text.find('-') == 4 ? siem::parse_time(std::string(text) + "T00:00:00Z")
                                                    : siem::parse_event_time(text);
    if (!into) why = "has " + shown(text) + " as " + std::string(name) + ", which is no time";
    return into.has_value();
}

void append_split(std::vector<std::string>& into, std::string_view text, std::string_view separators) {
    while (!text.empty()) {
        const auto size = std::min(text.find_first_of(separators), text.size());
        if (const auto one = trimmed(text.substr(0, size)); !one.empty()) into.emplace_back(one);
        text.remove_prefix(std::min(size + 1, text.size()));
    }
}

}  // namespace carrel::indicators
