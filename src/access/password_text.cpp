#include "access/password_hash.hpp"

#include <sodium.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

namespace carrel::access {
namespace {

utf8proc_int32_t with_plain_space(utf8proc_int32_t code_point, void*) {
    return utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS ? ' ' : code_point;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::optional<std::string> normalized_password(std::string_view password) {
    if (is_ascii(password)) return std::string(password);
    utf8proc_uint8_t* made = nullptr;
    const auto size = utf8proc_map_custom(
        reinterpret_cast<const utf8proc_uint8_t*>(password.data()), static_cast<utf8proc_ssize_t>(password.size()),
        &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE), with_plain_space, nullptr);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(made, &std::free);
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) return std::nullopt;
    std::string text(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
    sodium_memzero(made, text.size());
    return text;
}

}  // namespace carrel::access
