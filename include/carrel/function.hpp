#pragma once

#include <carrel/column.hpp>
#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

struct sqlite3_value;

namespace carrel {

/// The arguments of one call of a function. Valid during the call.
class CARREL_API function_arguments {
public:
    function_arguments(sqlite3_value** first, int count) noexcept
        : first_(first),
          count_(count) {}
    int size() const noexcept { return count_; }
    /// `index` from 0, below `size()`.
    column_value operator[](int index) const noexcept { return column_value(first_[index]); }

private:
    sqlite3_value** first_;
    int count_;
};

/// A function that SQL may call on every connection. `make_function` makes one from a function over C++ types.
struct scalar_function {
    std::string name;
    /// How many it takes; -1 for any number, up to SQLite's limit. One name may stand for several numbers.
    int arguments = 1;
    /// Same arguments, same result, for ever: SQLite may call it once where it would call it twice, and it may be used in
    /// an index. An index made with it holds what it returned then.
    bool deterministic = false;
    /// Only callable from SQL that a job gives, not from the schema (indexes, CHECK, generated columns, triggers, views).
    /// False lets the schema call it, so that a file made by somebody else may too: only for what has no side effects.
    bool direct_only = true;
    /// Runs on actors' threads, on several at once: each connection has its own copy. An error, or an exception, becomes
    /// an error of the SQL that called it.
    std::function<result<value>(const function_arguments&)> call = {};
};

/// An order of text by a name for COLLATE, on every connection.
struct collation {
    std::string name;
    /// Below, at or above 0. Must be the same total order for ever: indexes are built on it. Runs on actors' threads, on
    /// several at once. An exception fails the statement that compared.
    std::function<int(std::string_view, std::string_view)> compare = {};
};

/// How a function may be used; see `scalar_function`.
struct function_traits {
    bool deterministic = false;
    bool direct_only = true;
};

namespace detail {

CARREL_API error wrong_argument(const std::string& function, int index, const column_value& given, const char* wanted);

template <class T>
result<value> to_value(T&& v) {
    using bare = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<bare, value>) {
        return std::forward<T>(v);
    } else if constexpr (is_optional<bare>) {
        return v ? to_value(*std::forward<T>(v)) : result<value>(value());
    } else if constexpr (requires { v.has_error(); }) {
        return v ? to_value(*std::forward<T>(v)) : result<value>(v.error());
    } else if constexpr (std::is_same_v<bare, bool> || is_number<bare>) {
        if constexpr (is_number<bare>)
            if (!std::in_range<std::int64_t>(v)) return error(errc::wrong_type, "the result is above 64 bits signed");
        return value(static_cast<std::int64_t>(v));
    } else if constexpr (std::is_floating_point_v<bare>) {
        return value(static_cast<double>(v));
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        return value(std::string(std::forward<T>(v)));
    } else {
        static_assert(std::is_convertible_v<T, blob_view>, "make_function: the result has no SQL type");
        const blob_view bytes(v);
        return value(blob(bytes.begin(), bytes.end()));
    }
}

template <class Signature>
struct function_signature;
template <class Result, class... Args>
struct function_signature<Result(Args...)> {
    static_assert((is_column<std::remove_cvref_t<Args>> && ...), "make_function: an argument has no SQL type");
    static constexpr int arguments = sizeof...(Args);
    using values = std::tuple<std::remove_cvref_t<Args>...>;

    template <class Function>
    static result<value> call(Function& function, values& given) {
        if constexpr (std::is_void_v<Result>) {
            std::apply(function, given);
            return value();
        } else {
            return to_value<Result>(std::apply(function, given));
        }
    }
};

enum class argument_state { read, null, wrong };

template <class T>
argument_state read_argument(const column_value& from, T& to) {
    if (read_column(from, to)) return argument_state::read;
    return from.is_null() ? argument_state::null : argument_state::wrong;
}

template <class Signature, class Function, std::size_t... Index>
result<value> call_typed(const std::string& name, Function& function, const function_arguments& given,
                         std::index_sequence<Index...>) {
    using signature = function_signature<Signature>;
    using values = typename signature::values;
    values arguments{};
    argument_state state = argument_state::read;
    int at = 0;
    const char* expected = "";
    [[maybe_unused]] const auto read_next = [&](auto& to) {
        state = read_argument(given[at], to);
        if (state == argument_state::wrong) expected = wanted<std::remove_cvref_t<decltype(to)>>();
        if (state == argument_state::read) ++at;
        return state == argument_state::read;
    };
    const bool is_read = (read_next(std::get<Index>(arguments)) && ...);
    if (is_read) return signature::call(function, arguments);
    if (state == argument_state::null) return value();
    return wrong_argument(name, at, given[at], expected);
}

}  // namespace detail

/// Makes a `scalar_function` of a function over C++ types: `make_function<std::int64_t(std::string_view, double)>("score", f)`.
///
/// Arguments are what `statement::get` reads; one that is NULL makes the result NULL without a call unless it is taken as
/// `std::optional` or `value`; one of another type is an error. The result is an integer, bool, double (NaN is an error),
/// text, blob, `value`, void, or an `std::optional` or `result` of one.
template <class Signature, class Function>
scalar_function make_function(std::string name, Function function, function_traits traits = {}) {
    using signature = detail::function_signature<Signature>;
    auto call = [name, function = std::move(function)](const function_arguments& given) mutable -> result<value> {
        return detail::call_typed<Signature>(name, function, given, std::make_index_sequence<signature::arguments>());
    };
    return {.name = std::move(name),
            .arguments = signature::arguments,
            .deterministic = traits.deterministic,
            .direct_only = traits.direct_only,
            .call = std::move(call)};
}

}  // namespace carrel
