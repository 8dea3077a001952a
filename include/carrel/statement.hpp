#pragma once

#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/value.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

struct sqlite3_value;

namespace carrel {

namespace sqlite {
class connection;
struct cached_statement;
}  // namespace sqlite

namespace detail {

// A letter-only comparison that works during constant evaluation.
constexpr bool starts_with_keyword(std::string_view text, std::string_view keyword) {
    while (!text.empty() &&
           (text.front() == ' ' || text.front() == '\n' || text.front() == '\t' || text.front() == '\r'))
        text.remove_prefix(1);
    if (text.size() < keyword.size()) return false;
    for (std::size_t i = 0; i < keyword.size(); ++i)
        if ((text[i] | 0x20) != (keyword[i] | 0x20)) return false;
    return true;
}

constexpr bool looks_like_a_read(std::string_view text) {
    return starts_with_keyword(text, "SELECT") || starts_with_keyword(text, "WITH") ||
           starts_with_keyword(text, "VALUES");
}

}  // namespace detail

/// SQL that only reads. A literal that starts with anything but SELECT, WITH or VALUES does not compile; what the
/// compiler cannot see (WITH … DELETE, text made at run time) is refused by `prepare` with `errc::not_a_read`.
class read_sql {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is the natural way to write SQL.
    consteval read_sql(const char* text)
        : text_(text) {
        if (!detail::looks_like_a_read(text_)) throw "a read_session takes SELECT, WITH or VALUES";
    }
    /// Text made at run time; must outlive the call that takes it, not the statement.
    static read_sql dynamic(std::string_view text) noexcept { return read_sql(text, 0); }
    constexpr std::string_view text() const noexcept { return text_; }

private:
    constexpr read_sql(std::string_view text, int) noexcept
        : text_(text) {}
    std::string_view text_;
};

/// Any SQL. Only a write session takes it.
class write_sql {
public:
    constexpr write_sql(const char* text) noexcept
        : text_(text) {}  // NOLINT(google-explicit-constructor)
    constexpr write_sql(read_sql sql) noexcept
        : text_(sql.text()) {}  // NOLINT(google-explicit-constructor)
    static write_sql dynamic(std::string_view text) noexcept { return write_sql(text, 0); }
    constexpr std::string_view text() const noexcept { return text_; }

private:
    constexpr write_sql(std::string_view text, int) noexcept
        : text_(text) {}
    std::string_view text_;
};

/// A column of a statement's current row, found once for all that is then asked of it: for loops over many columns. Valid as
/// long as a view of the column is, on that thread.
class CARREL_API column_value {
public:
    value_type type() const noexcept;
    std::int64_t integer() const noexcept;
    std::string_view text() const noexcept;

private:
    friend class statement;
    explicit column_value(sqlite3_value* held) noexcept
        : held_(held) {}
    sqlite3_value* held_;
};

/// A prepared statement on loan from its connection's cache; the destructor resets it and gives it back.
///
/// Valid only during the work's call, on that thread. Text and blobs are bound without a copy: their bytes must
/// outlive the statement or the next `bind`. Columns are numbered from 0, parameters from 1; a view of a column is
/// valid until the next `step`, `reset` or destruction.
class CARREL_API statement {
public:
    statement(statement&& other) noexcept;
    statement& operator=(statement&& other) noexcept;
    ~statement();

    /// Binds all parameters in order. Too few or too many make the next `step` fail with `errc::wrong_parameters`.
    template <class... Values>
    statement& bind(const Values&... values) {
        rewind();
        int index = 0;
        (bind_one(++index, values), ...);
        expect_parameters(index);
        return *this;
    }
    /// Binds the values of a range in order, as `bind` does.
    statement& bind_range(std::span<const value> values);

    /// Runs to the next row: true if there is one, false at the end. An error also ends the statement.
    result<bool> step();
    /// Steps to the end, discarding rows.
    result<void> run();
    /// Makes the statement ready to run again with the same values.
    void reset() noexcept;

    int column_count() const noexcept;
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

private:
    friend class sqlite::connection;
    statement(sqlite::connection& owner, sqlite::cached_statement& entry) noexcept
        : owner_(&owner),
          entry_(&entry) {}

    void rewind() noexcept;
    void expect_parameters(int bound) noexcept;
    void note(int rc) noexcept;

    template <std::integral Integer>
    void bind_one(int index, Integer v) {
        bind_integer(index, static_cast<std::int64_t>(v));
    }
    void bind_one(int index, double v) { bind_real(index, v); }
    void bind_one(int index, std::string_view v) { bind_text(index, v); }
    void bind_one(int index, const char* v) { bind_text(index, v); }
    void bind_one(int index, const std::string& v) { bind_text(index, v); }
    void bind_one(int index, blob_view v) { bind_blob(index, v); }
    void bind_one(int index, const blob& v) { bind_blob(index, v); }
    void bind_one(int index, std::nullopt_t) { bind_null(index); }
    void bind_one(int index, std::nullptr_t) { bind_null(index); }
    void bind_one(int index, const value& v);
    template <class T>
    void bind_one(int index, const std::optional<T>& v) {
        if (v) bind_one(index, *v);
        else bind_null(index);
    }

    void bind_integer(int index, std::int64_t v) noexcept;
    void bind_real(int index, double v) noexcept;
    void bind_text(int index, std::string_view v) noexcept;
    void bind_blob(int index, blob_view v) noexcept;
    void bind_null(int index) noexcept;

    sqlite::connection* owner_ = nullptr;
    sqlite::cached_statement* entry_ = nullptr;
    int failure_ = 0;  // first bind error, a SQLite code; -1 for a wrong number of parameters
};

}  // namespace carrel
