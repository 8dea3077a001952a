#pragma once

#include <carrel/column.hpp>
#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/sql.hpp>
#include <carrel/value.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace carrel {

namespace sqlite {
class connection;
struct cached_statement;
}  // namespace sqlite

/// How a `Row` is read from a statement's current row; see row.hpp.
template <class Row>
struct row_mapping;

namespace detail {

template <class T>
inline constexpr bool is_named = false;
template <class T>
inline constexpr bool is_named<named_value<T>> = true;

/// Why a bound value cannot be used; found when it is bound, reported by the next `step`.
enum class bad_value : std::uint8_t { none, count, too_large, nan, null_pointer, no_such_name, bound_twice };

}  // namespace detail

/// A prepared statement on loan from its connection's cache; the destructor resets it and gives it back.
///
/// Valid only during the work's call, on that thread. Columns are numbered from 0, parameters from 1; a view of a column
/// is valid until the next `step`, `reset` or destruction.
class CARREL_API statement {
public:
    statement(statement&& other) noexcept;
    statement& operator=(statement&& other) noexcept;
    ~statement();

    /// Binds all parameters in order; `named` ones by their name. `std::nullopt` is NULL.
    ///
    /// A temporary string, blob or `value` is copied into the statement. What is given as an lvalue or as a view
    /// (`string_view`, `span`, `const char*`) is not: its bytes must outlive the statement or the next `bind`.
    ///
    /// What cannot be bound makes the next `step` fail with `errc::wrong_parameters`: too few or too many values, an
    /// unsigned integer above the largest signed one, NaN, a null `const char*`, a name that the statement has not.
    /// Characters, enumerations and the literal `nullptr` do not compile.
    template <class... Values>
    statement& bind(Values&&... values) {
        rewind();
        if constexpr ((detail::is_named<std::remove_cvref_t<Values>> || ...)) {
            int bound[sizeof...(Values)] = {};
            int count = 0;
            ((bound[count] = bind_next(count + 1, std::forward<Values>(values)), ++count), ...);
            expect_each_once(bound, count);
        } else {
            int index = 0;
            (bind_one(++index, std::forward<Values>(values)), ...);
            expect_parameters(index);
        }
        return *this;
    }
    /// Binds a copy of each value of a range in order.
    statement& bind_range(std::span<const value> values) { return bind_values(values, true); }
    /// As `bind_range` without a copy: the values must outlive the statement or the next `bind`.
    statement& bind_borrowed(std::span<const value> values) { return bind_values(values, false); }

    /// Runs to the next row: true if there is one, false at the end. An error also ends the statement.
    result<bool> step();
    /// Steps to the end, discarding rows.
    result<void> run();
    /// Makes the statement ready to run again with the same values.
    void reset() noexcept;

    /// A column of the current row, checked: text is not read as a number, nor a number as text.
    ///
    /// `T`       an integer type (checked for its range), bool (0 or 1), double (an integer that it holds exactly too),
    ///           `std::string`, `std::string_view`, `blob`, `blob_view`, `value`, or `std::optional` of one for NULL.
    /// Errors    `errc::wrong_type`; SQLITE_RANGE for a column that the row has not; SQLITE_MISUSE without a row.
    template <class T>
    result<T> get(int column) const {
        static_assert(detail::is_column<T>, "get<T>: T is not a type that a column can be read as");
        if (!has_column(column)) return no_column(column);
        T read{};
        if (!detail::read_column(at(column), read)) return wrong_type(column, detail::wanted<T>());
        return read;
    }
    /// The whole current row as a tuple, a pair, a plain struct, or a single column's type. Errors: those of `get`, and
    /// `errc::wrong_type` if the number of columns differs.
    template <class Row>
    result<Row> row() const {
        return row_mapping<Row>::read(*this);
    }

    int column_count() const noexcept;
    /// Empty if there is no such column. Valid as long as the statement.
    std::string_view column_name(int column) const noexcept;
    /// Columns in the current row, 0 without one.
    int row_size() const noexcept;

    // Unchecked, as fast as SQLite: they convert as it does, and a column that the row has not reads as NULL.
    column_value at(int column) const noexcept;
    value_type type(int column) const noexcept;
    bool is_null(int column) const noexcept { return type(column) == value_type::null; }
    std::int64_t integer(int column) const noexcept;
    double real(int column) const noexcept;
    std::string_view text(int column) const noexcept;
    blob_view bytes(int column) const noexcept;
    std::optional<std::string_view> optional_text(int column) const noexcept {
        return is_null(column) ? std::nullopt : std::optional(text(column));
    }

    /// The errors of `get`, for mappings of the host's own.
    error wrong_type(int column, const char* wanted) const;
    error wrong_row_size(int wanted) const;

private:
    friend class sqlite::connection;
    statement(sqlite::connection& owner, sqlite::cached_statement& entry) noexcept
        : owner_(&owner),
          entry_(&entry) {}

    bool has_column(int column) const noexcept { return column >= 0 && column < row_size(); }
    error no_column(int column) const;

    statement& bind_values(std::span<const value> values, bool copies);
    void rewind() noexcept;
    void expect_parameters(int bound) noexcept;
    void expect_each_once(const int* bound, int count) noexcept;
    void note(int rc) noexcept;
    void refuse(int index, detail::bad_value why) noexcept;
    error bind_failure() const;
    int index_of(std::string_view name) noexcept;

    template <class Value>
    int bind_next(int position, Value&& v) {
        if constexpr (detail::is_named<std::remove_cvref_t<Value>>) {
            position = index_of(v.name);
            if (position != 0) bind_one(position, std::forward<Value>(v).held);
        } else {
            bind_one(position, std::forward<Value>(v));
        }
        return position;
    }

    template <class Value>
    void bind_one(int index, Value&& v) {
        using T = std::remove_cvref_t<Value>;
        // A temporary dies before the statement runs, unless it is a view of something else.
        constexpr bool copies = !std::is_lvalue_reference_v<Value> && !detail::is_view_like_v<T>;
        if constexpr (detail::is_optional<T>) {
            if (v) bind_one(index, *std::forward<Value>(v));
            else bind_null(index);
        } else if constexpr (detail::is_one_of<T, std::nullopt_t, std::monostate>) {
            bind_null(index);
        } else if constexpr (std::is_same_v<T, value>) {
            bind_value(index, v, copies);
        } else if constexpr (std::is_same_v<T, zeroblob>) {
            bind_zeros(index, v.size);
        } else if constexpr (std::is_same_v<T, detail::owned_text>) {
            if (v.is_null_pointer) refuse(index, detail::bad_value::null_pointer);
            else bind_text(index, v.text, copies);
        } else {
            bind_scalar<copies>(index, v);
        }
    }
    template <bool Copies, class T>
    void bind_scalar(int index, const T& v) {
        if constexpr (std::is_same_v<T, bool>) {
            bind_integer(index, v ? 1 : 0);
        } else if constexpr (detail::is_number<T>) {
            if constexpr (!std::in_range<std::int64_t>(std::numeric_limits<T>::max()))
                if (!std::in_range<std::int64_t>(v)) return refuse(index, detail::bad_value::too_large);
            bind_integer(index, static_cast<std::int64_t>(v));
        } else if constexpr (detail::is_one_of<T, double, float>) {
            if (v != v) return refuse(index, detail::bad_value::nan);
            bind_real(index, v);
        } else {
            bind_bytes<Copies>(index, v);
        }
    }
    template <bool Copies, class T>
    void bind_bytes(int index, const T& v) {
        static_assert(!std::is_integral_v<T>, "bind: a character is not a number; bind text or cast it to an integer");
        static_assert(!std::is_enum_v<T>, "bind: an enumeration has no SQL type; cast it to an integer or a text");
        static_assert(!std::is_null_pointer_v<T>, "bind: nullptr has no SQL type; std::nullopt binds NULL");
        if constexpr (std::is_integral_v<T> || std::is_enum_v<T> || std::is_null_pointer_v<T>) {
        } else if constexpr (std::is_convertible_v<const T&, const char*>) {
            const char* text = v;
            if (text == nullptr) refuse(index, detail::bad_value::null_pointer);
            else bind_text(index, text, false);
        } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            bind_text(index, v, Copies);
        } else {
            static_assert(std::is_convertible_v<const T&, blob_view>, "bind: this type has no SQL type");
            if constexpr (std::is_convertible_v<const T&, blob_view>) bind_blob(index, v, Copies);
        }
    }

    void bind_value(int index, const value& v, bool copies) noexcept;
    void bind_integer(int index, std::int64_t v) noexcept;
    void bind_real(int index, double v) noexcept;
    void bind_text(int index, std::string_view v, bool copies) noexcept;
    void bind_blob(int index, blob_view v, bool copies) noexcept;
    void bind_zeros(int index, std::uint64_t size) noexcept;
    void bind_null(int index) noexcept;

    sqlite::connection* owner_ = nullptr;
    sqlite::cached_statement* entry_ = nullptr;
    int failure_ = 0;  // first bind error of SQLite
    std::int16_t refused_index_ = 0;
    detail::bad_value refused_ = detail::bad_value::none;
};

}  // namespace carrel
