#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace carrel::http {

/// A counter, or a gauge, of another part of the program, shown on the page of metrics. Those of one name follow each other.
struct counter {
    std::string_view name, help;
    std::uint64_t value = 0;
    std::pair<std::string_view, std::string_view> label = {};  // empty: none
    bool is_gauge = false;
};

}  // namespace carrel::http
