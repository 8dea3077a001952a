#include "http/protocol/method.hpp"

#include <array>

namespace carrel::http {

namespace {

constexpr std::array<std::string_view, method_count> names{"GET",    "POST", "PUT",     "PATCH",
                                                           "DELETE", "HEAD", "OPTIONS", "other"};

}  // namespace

method method_of(std::string_view token) noexcept {
    for (std::size_t i = 0; i + 1 < names.size(); ++i)
        if (names[i] == token) return static_cast<method>(i);
    return method::other;
}

std::string_view name_of(method which) noexcept { return names[static_cast<std::size_t>(which)]; }

}  // namespace carrel::http
