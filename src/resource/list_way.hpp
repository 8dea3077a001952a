#pragma once

#include "resource/conditions.hpp"

namespace carrel::siem {

/// What a list wants of the rows that pass its filters.
struct wanted_rows {
    std::size_t sorted_by = 0;  // a field
    std::int64_t limit = 0;
};

/// The way to a page that costs least, by what the tables of facets and of items know of the filters.
result<conditions::way> choose_way(const resource& of, read_session& session, const conditions& filters,
                                   const wanted_rows& wanted);

/// The integer that a statement gives.
result<std::int64_t> count_by(read_session& session, const std::string& sql, std::span<const value> values);

}  // namespace carrel::siem
