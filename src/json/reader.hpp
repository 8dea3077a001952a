#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::json {

/// Why a text is no acceptable JSON.
struct parse_failure {
    std::string detail;
    std::size_t offset = 0;  // bytes from the start
    std::string duplicate;   // the key that came twice; empty for broken JSON
};

/// Parses request bodies into one arena that is reused between requests. Refuses duplicate keys, nesting beyond
/// `depth_max`, invalid UTF-8 and anything after the value. Integers keep 64 bits. Not thread-safe.
class reader {
public:
    static constexpr std::size_t depth_max = 64;

    reader();
    ~reader();

    /// The value, or null with `failure` set. Valid until the next `parse` or the reader's end.
    const boost::json::value* parse(std::string_view text, parse_failure& failure);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::json
