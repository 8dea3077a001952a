#pragma once

#include <carrel/detail/views.hpp>
#include <carrel/export.hpp>
#include <carrel/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct sqlite3_value;

namespace carrel {

/// A column of a statement's current row, or an argument of a function, found once for all that is then read of it.
///
/// The accessors convert as SQLite does (`integer()` of the text 'x' is 0) and never fail; `statement::get` is the checked
/// form. Valid as long as a view of the column is, on that thread.
class CARREL_API column_value {
public:
    value_type type() const noexcept;
    bool is_null() const noexcept { return type() == value_type::null; }
    std::int64_t integer() const noexcept;
    double real() const noexcept;
    std::string_view text() const noexcept;
    blob_view bytes() const noexcept;

private:
    friend class statement;
    friend class function_arguments;
    explicit column_value(sqlite3_value* held) noexcept
        : held_(held) {}
    sqlite3_value* held_;
};

namespace detail {

template <class T, class... Others>
inline constexpr bool is_one_of = (std::is_same_v<T, Others> || ...);

/// An integer type that stands for a number: neither a character nor a truth value.
template <class T>
inline constexpr bool is_number =
    std::is_integral_v<T> && !is_one_of<std::remove_cv_t<T>, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// What one column can be read as, NULL apart.
template <class T>
inline constexpr bool is_plain_column =
    is_number<T> || is_one_of<T, bool, double, std::string, std::string_view, blob, blob_view, value>;

/// What one column can be read as.
template <class T>
struct readable_column : std::bool_constant<is_plain_column<T>> {};
template <class T>
struct readable_column<std::optional<T>> : std::bool_constant<is_plain_column<T>> {};
template <class T>
inline constexpr bool is_column = readable_column<T>::value;

/// What a `T` takes, for the diagnostic of a column that holds something else.
template <class T>
constexpr const char* wanted() noexcept {
    if constexpr (is_optional<T>) return wanted<typename T::value_type>();
    else if constexpr (is_number<T> && std::is_unsigned_v<T>) return "an unsigned integer of its type's range";
    else if constexpr (is_number<T>) return "an integer of its type's range";
    else if constexpr (is_one_of<T, bool>) return "0 or 1";
    else if constexpr (is_one_of<T, double>) return "a number";
    else if constexpr (is_one_of<T, blob, blob_view>) return "a blob";
    else return "text";
}

CARREL_API value value_of(const column_value& from);
/// The type and, of numbers, the value, for diagnostics.
CARREL_API std::string describe(const column_value& from);
/// Whether a double holds the integer exactly.
constexpr bool is_exact(std::int64_t v) noexcept {
    constexpr std::int64_t largest = std::int64_t{1} << 53;
    return v >= -largest && v <= largest;
}

/// Reads a column into a `T`, whose memory is used again; false if it holds anything else. The types must agree: text is
/// not read as a number.
template <class T>
bool read_column(const column_value& from, T& to) {
    if constexpr (is_optional<T>) {
        if (from.is_null()) return to.reset(), true;
        if (!to) to.emplace();
        return read_column(from, *to);
    } else if constexpr (is_one_of<T, value>) {
        to = value_of(from);
        return true;
    } else {
        const auto type = from.type();
        if constexpr (is_number<T> || is_one_of<T, bool>) {
            if (type != value_type::integer) return false;
            const auto v = from.integer();
            if constexpr (is_number<T>) {
                if (!std::in_range<T>(v)) return false;
            } else {
                if (v != 0 && v != 1) return false;
            }
            to = static_cast<T>(v);
        } else if constexpr (is_one_of<T, double>) {
            if (type == value_type::integer ? !is_exact(from.integer()) : type != value_type::real) return false;
            to = from.real();
        } else if constexpr (is_one_of<T, blob, blob_view>) {
            if (type != value_type::bytes) return false;
            const auto bytes = from.bytes();
            if constexpr (is_one_of<T, blob>) to.assign(bytes.begin(), bytes.end());
            else to = bytes;
        } else {
            if (type != value_type::text) return false;
            to = from.text();
        }
        return true;
    }
}

}  // namespace detail
}  // namespace carrel
