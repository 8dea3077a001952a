#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::json {

/// Why a text cannot be accepted as JSON.
struct parse_failure {
    std::string detail;
    std::size_t offset = 0;  // bytes from the start
    std::string duplicate;   // the key that came twice; empty for broken JSON
};

/// Parses request bodies, each into an arena that begins with the same block. Refuses duplicate keys, nesting beyond
/// `depth_max`, invalid UTF-8 and anything after the value. Integers keep 64 bits. Not thread-safe.
class reader {
public:
    static constexpr std::size_t depth_max = 64;
    /// Members of one object that are kept; those beyond are checked, counted and left out. Boost's objects hash their
    /// keys without a secret: the bound keeps keys chosen to collide from costing the square of their number.
    static constexpr std::size_t members_max = 256;

    reader();
    ~reader();

    /// The value, or null with `failure` set. Valid until the next `parse` or the reader's end.
    const boost::json::value* parse(std::string_view text, parse_failure& failure);
    /// How many members the last `parse` left out, over all objects.
    std::size_t members_left_out() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::json
