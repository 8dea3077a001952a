#pragma once

#include "indicators/collector.hpp"

#include <string>
#include <string_view>

namespace carrel::indicators {

/// The members of a candidate that feeds write as text. Each is false, with `why` set, if the text is none for it; an empty
/// text leaves the member as it is.
bool put_type(candidate& into, std::string_view text, std::string& why);
bool put_severity(candidate& into, std::string_view text, std::string& why);
bool put_confidence(candidate& into, std::string_view text, std::string& why);
bool put_time(std::optional<siem::timestamp>& into, std::string_view name, std::string_view text, std::string& why);

/// Cuts a text at any of the separators and appends what is between them, without blanks.
void append_split(std::vector<std::string>& into, std::string_view text, std::string_view separators);

}  // namespace carrel::indicators
