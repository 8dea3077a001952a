#pragma once

#include "json/writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::siem {

/// What came of single items of a feed, as JSON: the first of them, each with bounded texts.
class feed_items {
public:
    static constexpr std::size_t items_max = 200, detail_bytes_max = 500;

    /// One of a file, or of what has an id; what is empty or 0 is left out.
    void add(std::string_view file, std::int64_t line, std::string_view id, std::string_view result,
             std::string_view detail);
    std::string text() const { return "[" + items_ + "]"; }

private:
    std::string items_;
    std::size_t count_ = 0;
};

}  // namespace carrel::siem
