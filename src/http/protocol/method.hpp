#pragma once

#include "resource/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carrel::http {

/// A request's method. The first five are those an operation can have, in the order of `siem::method`.
enum class method : std::uint8_t { get, post, put, patch, del, head, options, other };
inline constexpr std::size_t method_count = 8;

method method_of(std::string_view token) noexcept;
constexpr method method_of(siem::method of) noexcept { return static_cast<method>(of); }
static_assert(method_of(siem::method::del) == method::del && method_of(siem::method::get) == method::get);

/// `GET`; `other` for a method this server does not know.
std::string_view name_of(method which) noexcept;

/// The method whose operation serves the request: HEAD is served by GET's.
constexpr method served_by(method which) noexcept { return which == method::head ? method::get : which; }

constexpr bool is_mutation(method which) noexcept {
    return which == method::post || which == method::put || which == method::patch || which == method::del;
}

}  // namespace carrel::http
