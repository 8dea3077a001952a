#pragma once

#include "resource/resource.hpp"

#include <string>
#include <utility>
#include <vector>

namespace carrel::siem {

/// The filters of a request as SQL, made on the caller's thread.
struct conditions {
    std::string where;  // ` WHERE a = ? AND …`, empty without filters
    std::vector<value> values;
    std::string canonical;  // what a cursor is bound to: the same for the same filters in any order
    std::vector<fault> faults;
    bool is_search = false;  // what it costs depends on the values

    void also(std::string_view condition);
};

using query_pairs = std::vector<std::pair<std::string, std::string>>;

/// Reads the parameters that are filters of `of`; others are left alone. `now` is what relative times are counted from.
conditions read_conditions(const resource& of, const query_pairs& query, timestamp now);

/// Whether a parameter is one of the filters.
bool is_filter(const resource& of, std::string_view parameter);

}  // namespace carrel::siem
