#pragma once

#include <carrel/statement.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace carrel {
namespace detail {

// Stands for a member of any type that a column can be read as, while the members of a struct are counted.
struct any_column {
    template <class T>
    requires(is_plain_column<T>) operator T() const;  // NOLINT(google-explicit-constructor)
};
struct any_optional {
    template <class T>
    requires(is_optional<T>) operator T() const;  // NOLINT(google-explicit-constructor)
};

// The number of members, found by adding one initializer after another, each of the first kind that fits.
template <class T, class... Found>
constexpr std::size_t count_members() {
    if constexpr (requires { T{Found{}..., any_column{}}; }) return count_members<T, Found..., any_column>();
    else if constexpr (requires { T{Found{}..., any_optional{}}; }) return count_members<T, Found..., any_optional>();
    else return sizeof...(Found);
}

template <class T>
inline constexpr std::size_t member_count = count_members<T>();
inline constexpr std::size_t members_max = 12;

template <class T>
constexpr auto tie_members(T& v) noexcept {
    constexpr auto count = member_count<T>;
    if constexpr (count == 1) {
        auto& [a] = v;
        return std::tie(a);
    } else if constexpr (count == 2) {
        auto& [a, b] = v;
        return std::tie(a, b);
    } else if constexpr (count == 3) {
        auto& [a, b, c] = v;
        return std::tie(a, b, c);
    } else if constexpr (count == 4) {
        auto& [a, b, c, d] = v;
        return std::tie(a, b, c, d);
    } else if constexpr (count == 5) {
        auto& [a, b, c, d, e] = v;
        return std::tie(a, b, c, d, e);
    } else if constexpr (count == 6) {
        auto& [a, b, c, d, e, f] = v;
        return std::tie(a, b, c, d, e, f);
    } else if constexpr (count == 7) {
        auto& [a, b, c, d, e, f, g] = v;
        return std::tie(a, b, c, d, e, f, g);
    } else if constexpr (count == 8) {
        auto& [a, b, c, d, e, f, g, h] = v;
        return std::tie(a, b, c, d, e, f, g, h);
    } else if constexpr (count == 9) {
        auto& [a, b, c, d, e, f, g, h, i] = v;
        return std::tie(a, b, c, d, e, f, g, h, i);
    } else if constexpr (count == 10) {
        auto& [a, b, c, d, e, f, g, h, i, j] = v;
        return std::tie(a, b, c, d, e, f, g, h, i, j);
    } else if constexpr (count == 11) {
        auto& [a, b, c, d, e, f, g, h, i, j, k] = v;
        return std::tie(a, b, c, d, e, f, g, h, i, j, k);
    } else {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l] = v;
        return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
    }
}

template <class T>
struct is_tuple : std::false_type {};
template <class... Parts>
struct is_tuple<std::tuple<Parts...>> : std::true_type {};
template <class First, class Second>
struct is_tuple<std::pair<First, Second>> : std::true_type {};

/// References to the parts of a row, in the order of its columns.
template <class Row>
constexpr auto parts_of(Row& row) noexcept {
    if constexpr (is_column<Row>) {
        return std::tie(row);
    } else if constexpr (is_tuple<Row>::value) {
        return std::apply([](auto&... parts) { return std::tie(parts...); }, row);
    } else {
        static_assert(std::is_aggregate_v<Row>,
                      "row<T>: T is not a tuple, a plain struct or a column's type, and has no row_mapping");
        static_assert(member_count<Row> != 0,
                      "row<T>: a member of the struct is not of a type that a column can be read as");
        static_assert(member_count<Row> <= members_max, "row<T>: a struct of more than 12 members needs a row_mapping");
        return tie_members(row);
    }
}

template <class Parts>
struct part_types;
template <class... Parts>
struct part_types<std::tuple<Parts&...>> {
    static constexpr bool are_columns = (is_column<Parts> && ...);
    static constexpr bool hold_views = (is_view_like_v<Parts> || ...);
    static constexpr int count = sizeof...(Parts);
};

/// The column that could not be read, if any, and what was wanted of it.
struct unread_column {
    int column = 0;
    const char* wanted = nullptr;
};

template <class Part>
bool read_part(const statement& from, Part& to, unread_column& at) {
    if (read_column(from.at(at.column), to)) return ++at.column, true;
    at.wanted = wanted<Part>();
    return false;
}

template <class Row>
inline constexpr bool row_holds_views = requires {
    requires row_mapping<Row>::holds_views;
};

}  // namespace detail

/// Reads a row's columns in order into the parts of a tuple or pair, the members of a plain struct (up to 12), or a single
/// value. Specialise it for a type of your own, with a `static result<Row> read(const statement&)`.
template <class Row>
struct row_mapping {
    using parts = detail::part_types<decltype(detail::parts_of(std::declval<Row&>()))>;
    static_assert(parts::are_columns, "row<T>: a part of T is not of a type that a column can be read as");
    static constexpr bool holds_views = parts::hold_views;

    static result<Row> read(const statement& from) {
        result<Row> row{Row{}};
        if (auto failed = read_into(from, *row)) return *std::move(failed);
        return row;
    }
    /// Reads a row in place of another one, and uses its memory again. What it could not read, if anything.
    static std::optional<error> read_into(const statement& from, Row& row) {
        if (from.row_size() != parts::count) return from.wrong_row_size(parts::count);
        detail::unread_column at;
        const auto read_all = [&](auto&... part) { return (detail::read_part(from, part, at) && ...); };
        if (!std::apply(read_all, detail::parts_of(row))) return from.wrong_type(at.column, at.wanted);
        return std::nullopt;
    }
};

namespace detail {

template <class Row, class Take>
result<void> for_each_row(statement& rows, Take&& take) {
    for (;;) {
        auto more = rows.step();
        if (!more) return more.error();
        if (!*more) return {};
        auto row = rows.row<Row>();
        if (!row) return row.error();
        using answer = decltype(take(*std::move(row)));
        if constexpr (std::is_void_v<answer>) {
            take(*std::move(row));
        } else if constexpr (std::is_same_v<answer, bool>) {
            if (!take(*std::move(row))) return {};
        } else {
            static_assert(std::is_same_v<answer, result<void>>,
                          "each: the function returns nothing, bool or result<void>");
            if (auto taken = take(*std::move(row)); !taken) return taken;
        }
    }
}

template <class Row>
result<std::vector<Row>> all_rows(statement& rows) {
    static_assert(!row_holds_views<Row>, "all: a view of a column is gone with the next row; use std::string or blob");
    std::vector<Row> all;
    auto done = for_each_row<Row>(rows, [&](Row&& row) { all.push_back(std::move(row)); });
    if (!done) return done.error();
    return all;
}

template <class Row>
result<std::optional<Row>> first_row(statement& rows) {
    static_assert(!row_holds_views<Row>,
                  "first: a view of a column is gone with its statement; use std::string or blob");
    auto more = rows.step();
    if (!more) return more.error();
    if (!*more) return std::optional<Row>();
    auto row = rows.row<Row>();
    if (!row) return row.error();
    return std::optional<Row>(*std::move(row));
}

// Binds all but the last of `given` and hands each row to that.
template <class Row, class Given, std::size_t... Index>
result<void> each_row(statement& rows, Given given, std::index_sequence<Index...>) {
    rows.bind(std::get<Index>(given)...);
    return for_each_row<Row>(rows, std::get<sizeof...(Index)>(given));
}

}  // namespace detail
}  // namespace carrel
