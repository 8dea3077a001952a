#pragma once

#include "resource/conditions.hpp"

namespace carrel::siem {

/// A page ends with the row that makes its JSON as long as this, whatever `limit` allows.
inline constexpr std::size_t page_bytes_max = 4u << 20;
inline constexpr std::int64_t limit_max = 1000;

/// One page of a list, as requested: `limit`, `cursor`, `sort`, `count` and the filters.
std::optional<problem> check_list(const operation& what, call& request);
result<void> list(const operation& what, read_session& session, const call& request, reply& into);
/// The statement that a checked list will run, for those who explain it: where there is no choice ...
std::string_view page_sql(const call& checked);
/// ... or with what the session's rows choose.
result<std::string> page_sql(read_session& session, const call& checked);

/// What a list shows of a resource: the rows of which `condition` is true, with its one `?` bound to `bound`.
struct narrowing {
    std::string condition;
    std::string bound;
};
std::optional<problem> check_narrowed_list(const resource& of, const operation& what, call& request,
                                           const narrowing* by);

/// Whether the table of facets knows all that a request filters by.
bool is_counted(const resource& of, const query_pairs& query);

/// How many rows pass the filters.
std::optional<problem> check_count(const operation& what, call& request);
result<void> count(const operation& what, read_session& session, const call& request, reply& into);

/// Faults for parameters that are neither a filter nor one of `others`, and for one of `others` given twice.
std::vector<fault> refuse_parameters(const resource& of, const query_pairs& query,
                                     std::span<const std::string_view> others);
/// Faults for parameters given twice.
std::vector<fault> refuse_repeats(const query_pairs& query);
/// The parameter `limit`, if it is given.
std::optional<fault> read_limit(const query_pairs& query, std::int64_t& into);
/// The parameter `name`, if it is given: an integer from 1 to `most`.
std::optional<fault> read_number(const query_pairs& query, std::string_view name, std::int64_t most,
                                 std::int64_t& into);
/// The value of a parameter that is not a filter.
std::optional<std::string_view> parameter(const query_pairs& query, std::string_view name);

/// What documents the filters, and the filters with a list's own parameters.
std::vector<field_doc> filter_parameters(const resource& of);
std::vector<field_doc> list_parameters(const resource& of);

}  // namespace carrel::siem
