#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

// The Common Event Format: `CEF:0|vendor|product|version|class|name|severity|key=value key=value`.
namespace carrel::syslog {

/// The seven fields of a CEF header, and what follows them. Views point into the message and have its escapes.
struct cef_message {
    std::string_view before;  // what stands before `CEF:`, such as a syslog header
    std::string_view version, vendor, product, product_version, signature_id, name, severity;
    std::string_view extension;
};

/// False if it is none; `why` says why.
bool read_cef(std::string_view message, cef_message& into, std::string& why);

/// One pair of an extension, taken off the front; nothing at its end. What stands before the first key is passed over.
struct cef_pair {
    std::string_view key, value;  // with its escapes
};
std::optional<cef_pair> next_pair(std::string_view& extension);

/// `\|` and `\\` of a header, and of a value `\=`, `\\`, `\n` and `\r`; another backslash stands for itself.
std::string without_escapes(std::string_view text);

/// Of a time as CEF writes it: milliseconds since 1970, `Nov 26 2026 10:00:00.000`, or without the year; UTC.
std::optional<siem::timestamp> time_of_cef(std::string_view text, siem::timestamp received_at);

}  // namespace carrel::syslog
