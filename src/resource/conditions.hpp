#pragma once

#include "resource/resource.hpp"

#include <string>
#include <utility>
#include <vector>

namespace carrel::siem {

/// The filters of a request as SQL, made on the caller's thread.
struct conditions {
    /// A value that can be known only inside the snapshot: rows that wait to be indexed and answer a search.
    struct waiting_search {
        std::size_t slot = 0;  // in `values`
        std::vector<std::vector<std::string>> queries;
    };

    std::string where;  // ` WHERE a = ? AND …`, empty without filters
    std::vector<value> values;
    std::vector<waiting_search> waiting;
    std::string canonical;  // what a cursor is bound to: the same for the same filters in any order
    std::vector<fault> faults;

    void also(std::string_view condition);
};

using query_pairs = std::vector<std::pair<std::string, std::string>>;

/// Reads the parameters that are filters of `of`; others are left alone. `now` is what relative times are counted from.
conditions read_conditions(const resource& of, const query_pairs& query, timestamp now);

/// Whether a parameter is one of the filters.
bool is_filter(const resource& of, std::string_view parameter);

/// Fills what only the snapshot knows.
result<void> complete(const resource& of, read_session& session, const conditions& made, std::vector<value>& values);

}  // namespace carrel::siem
