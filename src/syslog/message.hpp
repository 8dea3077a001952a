#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::syslog {

/// A message as an event: JSON in UTF-8.
struct event_text {
    std::string json;
    std::optional<siem::timestamp> at;  // of the message, where `json` does not have it in full
};

/// Reads a message of RFC 5424 or RFC 3164, or whatever else it is: nothing of it is refused, and what cannot be read as
/// more is the event's `message`. `received_at` gives the year that RFC 3164 leaves out; `peer` is who sent it.
///
///     {"time","facility","facility_code","severity","severity_code","host","app","pid","msgid","structured_data",
///      "message" or, for JSON behind `@cee:` or alone, "event","truncated","peer"}
void read_message(std::string_view message, siem::timestamp received_at, std::string_view peer, bool was_cut,
                  event_text& into);

}  // namespace carrel::syslog
