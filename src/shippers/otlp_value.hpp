#pragma once

#include "json/writer.hpp"

#include <string_view>

namespace carrel::shippers {

/// Writes an AnyValue of OTLP's JSON as the JSON that it stands for: 64-bit integers as they came, never through a double.
/// False if it is none; then something may have been written.
bool write_any_value(json::writer& out, std::string_view any_value);

/// Writes a list of KeyValue as an object whose members are the keys. False as above.
bool write_key_values(json::writer& out, std::string_view key_values);

/// Whether the value is a number of nanoseconds or such: digits, in quotes or not, in 64 bits. `digits` are they.
bool is_unsigned(std::string_view value, std::string_view& digits) noexcept;

}  // namespace carrel::shippers
