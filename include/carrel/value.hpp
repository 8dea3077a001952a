#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carrel {

using blob = std::vector<std::byte>;
using blob_view = std::span<const std::byte>;

/// A value that owns its bytes, for statements whose parameters are known at run time only.
/// `std::monostate` is SQL NULL. Integers keep all 64 bits.
using value = std::variant<std::monostate, std::int64_t, double, std::string, blob>;

enum class value_type { integer = 1, real = 2, text = 3, bytes = 4, null = 5 };

/// A blob of `size` zero bytes, made by SQLite: room for a `blob_writer` to fill piece by piece.
struct zeroblob {
    std::uint64_t size = 0;
};

/// A value for a parameter with a name. Made by `named`.
template <class T>
struct named_value {
    std::string_view name;
    T held;  // a reference if an lvalue was given
};

/// Binds `v` to the parameter called `name`: `bind(named("from", 3), named("to", 7))` for `WHERE t >= :from AND t < :to`.
/// The name may be given with or without its `:`, `@` or `$`. An lvalue is not copied, as with `statement::bind`.
template <class T>
constexpr named_value<T> named(std::string_view name, T&& v) {
    return {name, std::forward<T>(v)};
}

}  // namespace carrel
