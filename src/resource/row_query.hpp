#pragma once

#include "query/record_matcher.hpp"
#include "resource/conditions.hpp"
#include "resource/text_candidates.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::siem {

/// A query of the rows of a resource that has a text index: words of the indexed columns, and tests of any field. Not
/// thread-safe.
class row_query {
public:
    /// One of `texts` must find a row.
    static std::variant<row_query, query::syntax_error> read(const resource& of,
                                                             std::span<const std::string_view> texts);

    /// The rows that it finds, as SQL; made once for a request.
    row_set rows() const;

    /// The function of SQL that `condition` calls: the queries, then the columns that they look at.
    static bool call(const resource& of, std::span<const std::string_view> arguments);

private:
    row_query(const resource& of, std::string texts, query::expression all);

    void look_at(const query::expression& part);
    bool is_searched(std::size_t field) const;
    bool finds(std::span<const std::string_view> columns);
    void put_column(std::size_t place, std::string_view column, bool searched);
    void put_list(std::string_view path, std::string_view list);
    std::string test() const;

    const resource* of_;
    std::string texts_;  // a JSON array
    std::vector<bool> looked_at_;
    text_candidates candidates_;
    query::record_matcher matcher_;
};

/// What a reply says of a filter that is no query.
fault fault_of(std::string_view filter, const query::syntax_error& error);

}  // namespace carrel::siem
