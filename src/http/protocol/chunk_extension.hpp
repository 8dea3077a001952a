#pragma once

#include <string_view>

namespace carrel::http {

/// What may follow a chunk's size on its line, by RFC 9112 7.1.1: `;name`, `;name=token`, `;name="quoted"`, any number.
bool is_chunk_extension(std::string_view text) noexcept;

}  // namespace carrel::http
