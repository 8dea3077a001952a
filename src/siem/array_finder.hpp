#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Walks one JSON document that arrives in pieces to the arrays at a path of members, and holds nothing but the name of
/// the member at hand. Beside the path it looks at brackets, strings and commas only. Not thread-safe.
class array_finder {
public:
    enum class step { need_more, array, broken };

    /// `path` is dotted: `a.b` for `{"a":{"b":[…]}}`.
    explicit array_finder(std::string_view path);

    void restart() noexcept;
    /// Takes bytes off the front of `bytes`: up to behind the bracket of an array or the end of the document, or all of them. After `array` the caller
    /// takes what is inside, its closing bracket too, and goes on.
    step next(std::string_view& bytes);
    /// A whole document was seen, or none has begun.
    bool is_over() const noexcept { return place_ == place::behind_all; }
    bool has_begun() const noexcept { return place_ != place::before_all; }
    /// An array was found.
    bool has_found() const noexcept { return found_; }
    /// The path ended at null, or at a value of another kind.
    bool has_null() const noexcept { return null_; }
    bool has_other() const noexcept { return other_; }

private:
    enum class place {
        before_all,
        before_first_key,
        before_key,
        in_key,
        before_colon,
        before_value,
        in_value,
        behind_value,
        behind_all
    };

    step take(char c);
    step begin_value(char c);
    bool take_key(char c);
    bool ends_value(char c);
    void leave_object();

    std::vector<std::string> path_;
    place place_ = place::before_all;
    std::size_t matched_ = 0;  // members of the path that are open; the document is open, too
    std::string key_;          // as it stands, as far as it may be of the path
    bool in_string_ = false, escaped_ = false, scalar_ = false, found_ = false, null_ = false, other_ = false;
    std::size_t depth_ = 0;  // within a value that is passed over
};

}  // namespace carrel::siem
