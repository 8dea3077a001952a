#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace carrel::json {

/// Appends a parsed value as JSON text without blanks. Integers keep their 64 bits; a real number is the shortest text
/// that is read back as the same.
void append_value(std::string& out, const boost::json::value& given);

}  // namespace carrel::json
