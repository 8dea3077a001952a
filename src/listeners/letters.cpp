#include "listeners/letters.hpp"

#include "listeners/formats.hpp"

#include <utility>

namespace carrel::listeners {

namespace {

bool read_letter(siem::listener_type type, std::string_view raw, std::string_view source, siem::timestamp received_at,
                 siem::dead_letter_event& into) {
    syslog::read_text text;
    const bool is_event = read_again(type, raw, source, received_at, text);
    into.json = std::move(text.json);
    into.at = text.at;
    into.why = text.reason.empty() ? std::string() : text.reason + ": " + text.details;
    return is_event;
}

}  // namespace

bool read_syslog_letter(std::string_view raw, std::string_view source, siem::timestamp received_at,
                        siem::dead_letter_event& into) {
    return read_letter(siem::listener_type::syslog, raw, source, received_at, into);
}

bool read_cef_letter(std::string_view raw, std::string_view source, siem::timestamp received_at,
                     siem::dead_letter_event& into) {
    return read_letter(siem::listener_type::cef, raw, source, received_at, into);
}

}  // namespace carrel::listeners
