#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

namespace carrel {
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
        : text_(text),
          is_literal_(true) {
        if (!detail::looks_like_a_read(text_)) throw "a read_session takes SELECT, WITH or VALUES";
    }
    /// Text made at run time; must outlive the call that takes it, not the statement.
    static read_sql dynamic(std::string_view text) noexcept { return read_sql(text, 0); }
    constexpr std::string_view text() const noexcept { return text_; }
    /// Whether the text lives as long as the program.
    constexpr bool is_literal() const noexcept { return is_literal_; }

private:
    constexpr read_sql(std::string_view text, int) noexcept
        : text_(text) {}
    std::string_view text_;
    bool is_literal_ = false;
};

/// Any SQL. Only a write session takes it.
class write_sql {
public:
    // NOLINTBEGIN(google-explicit-constructor): a literal is the natural way to write SQL.
    template <std::size_t Size>
    consteval write_sql(const char (&text)[Size]) noexcept
        : text_(static_cast<const char*>(text)),
          is_literal_(true) {}
    template <class Pointer>
    requires std::same_as<Pointer, const char*>
    constexpr write_sql(const Pointer& text) noexcept
        : text_(text) {}
    constexpr write_sql(read_sql sql) noexcept
        : text_(sql.text()),
          is_literal_(sql.is_literal()) {}
    // NOLINTEND(google-explicit-constructor)
    /// Text made at run time; must outlive the call that takes it, not the statement.
    static write_sql dynamic(std::string_view text) noexcept { return write_sql(text, 0); }
    constexpr std::string_view text() const noexcept { return text_; }
    /// Whether the text lives as long as the program.
    constexpr bool is_literal() const noexcept { return is_literal_; }

private:
    constexpr write_sql(std::string_view text, int) noexcept
        : text_(text) {}
    std::string_view text_;
    bool is_literal_ = false;
};

}  // namespace carrel
