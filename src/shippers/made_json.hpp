#pragma once

#include "json/writer.hpp"

#include <string>
#include <string_view>

namespace carrel::shippers {

/// Whether a text is a JSON object that an event can hold as a member.
bool is_object_text(std::string_view text) noexcept;

/// Writes a message: as the member `event` if it is a JSON object, else as the string `otherwise`.
void write_message(json::writer& out, std::string_view otherwise, std::string_view message);

}  // namespace carrel::shippers
