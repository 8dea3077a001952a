#pragma once

#include <string>
#include <string_view>

namespace carrel::http {

/// SHA-256 in hex over what makes two requests the same: method, target and body.
std::string fingerprint_of(std::string_view method, std::string_view target, std::string_view body);

}  // namespace carrel::http
