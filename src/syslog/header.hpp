#pragma once

#include "base/time.hpp"

#include <optional>
#include <string_view>

namespace carrel::syslog {

/// What stands before a message's text. Views point into it; empty: absent.
struct header {
    std::optional<int> priority;
    bool is_5424 = false;
    std::string_view time, host, app, pid, msgid;
    std::string_view structured_data;  // of RFC 5424, `[…]` and more of them; checked
    std::string_view text;             // the rest
};
header read_header(std::string_view message);

/// One element of structured data or one parameter of it is taken off the front.
struct data_element {
    std::string_view id, parameters;
};
std::optional<data_element> next_element(std::string_view& structured_data);
struct data_parameter {
    std::string_view name, value;  // with its escapes
};
std::optional<data_parameter> next_parameter(std::string_view& parameters);

/// `Nov 26 10:00:00`, UTC, in the year that puts it nearest to `received_at`, and no more than a week after it.
std::optional<siem::timestamp> time_of_3164(std::string_view text, siem::timestamp received_at);

}  // namespace carrel::syslog
