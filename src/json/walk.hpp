#pragma once

#include "json/cursor.hpp"
#include "json/scanner.hpp"
#include "json/top_level.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carrel::json {

/// The members of an object or the elements of an array, one by one, as they stand in the text, which should be valid JSON
/// and must outlive this.
class walk {
public:
    walk() noexcept
        : at_({}) {}
    explicit walk(std::string_view text) noexcept
        : at_(text) {
        is_object_ = at_.take('{');
        is_open_ = is_object_ || at_.take('[');
    }

    bool is_object() const noexcept { return is_object_; }
    /// Whether there is another one: then `key` and `value` are its.
    bool next() noexcept {
        if (!is_open_ || (!std::exchange(is_first_, false) && !at_.take(','))) return false;
        if (is_object_) {
            if (!at_.take('"')) return false;
            key_ = at_.string();
            if (!at_.take(':')) return false;
        }
        at_.skip_space();
        if (at_.done() || at_.peek() == ']') return false;
        const char* from = at_.at();
        if (at_.take('"')) at_.string();
        else at_.other();
        value_ = {from, static_cast<std::size_t>(at_.at() - from)};
        return true;
    }
    /// Between its quotes, with its escapes.
    std::string_view key() const noexcept { return key_; }
    /// With its quotes if it is a string.
    std::string_view value() const noexcept { return value_; }

private:
    cursor at_;
    bool is_object_ = false, is_open_ = false, is_first_ = true;
    std::string_view key_, value_;
};

/// Whether a text is one JSON value, nested no more than `depth_max` deep.
inline bool is_json(std::string_view text, std::size_t depth_max) noexcept {
    struct {
        void begin(char) {}
        void end(char) {}
        void key(std::string_view, bool) {}
        void value(scalar, std::string_view, bool) {}
    } nothing;
    return scanner(text, nothing, depth_max).run() == scan_error::none;
}

/// The first member with this plain name, as it stands.
inline std::optional<std::string_view> member_of(std::string_view object, std::string_view name) noexcept {
    for (walk members(object); members.is_object() && members.next();)
        if (members.key() == name) return members.value();
    return std::nullopt;
}

inline bool is_string(std::string_view value) noexcept { return value.size() >= 2 && value.front() == '"'; }
inline bool is_number(std::string_view value) noexcept {
    return !value.empty() && (value.front() == '-' || (value.front() >= '0' && value.front() <= '9'));
}

/// The text of a string, decoded; of another value as it stands.
inline std::string text_of(std::string_view value) {
    if (!is_string(value)) return std::string(value);
    std::string text;
    append_decoded(text, value.substr(1, value.size() - 2));
    return text;
}

}  // namespace carrel::json
