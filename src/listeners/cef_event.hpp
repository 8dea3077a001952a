#pragma once

#include "syslog/message_format.hpp"

namespace carrel::listeners {

/// Makes an event of a CEF message, with or without a syslog header before it:
///
///     {"time","host","priority","cef":{"version","device_vendor","device_product","device_version",
///      "signature_id","name","severity","extension":{…}},"truncated"}
///
/// An extension with more than 512 members has the rest of its text as `_rest`; of a member that comes twice the first counts.
void read_cef_event(std::string_view message, const syslog::message_origin& from, syslog::read_text& into);

}  // namespace carrel::listeners
