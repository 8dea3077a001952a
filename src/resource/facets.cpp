#include "resource/facets.hpp"

#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"

#include <algorithm>
#include <map>

namespace carrel::siem {

namespace {

constexpr std::size_t values_max = 100;  // of one facet

struct facets_input : input {
    conditions filters;
    std::string sql;
};

// What a facet's value is called.
std::string name_of(const field& rules, const statement& row, int column) {
    switch (row.type(column)) {
        case value_type::null: return {};
        case value_type::text: return std::string(row.text(column));
        default: break;
    }
    const std::int64_t number = row.integer(column);
    if (rules.kind == field_kind::boolean) return number != 0 ? "true" : "false";
    if (rules.kind == field_kind::enumeration && static_cast<std::size_t>(number) < rules.values.size())
        return std::string(rules.values[static_cast<std::size_t>(number)]);
    return std::to_string(number);
}

using counts = std::map<std::string, std::int64_t>;

void write_facet(json::writer& out, std::string_view name, const counts& of) {
    std::vector<std::pair<std::string_view, std::int64_t>> sorted(of.begin(), of.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& one, const auto& other) { return one.second > other.second; });
    if (sorted.size() > values_max) sorted.resize(values_max);
    out.key(name).begin_array();
    for (const auto& [value, count] : sorted) {
        out.begin_object().key("value");
        if (value.empty()) out.null();
        else out.string(value);
        out.key("count").integer(count).end_object();
    }
    out.end_array();
}

}  // namespace

std::optional<problem> check_facets(const operation& what, call& request) {
    const resource& of = *what.of;
    std::vector<fault> faults = refuse_parameters(of, request.query, {});
    auto parsed = std::make_unique<facets_input>();
    parsed->filters = read_conditions(of, request.query, request.now);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    std::string columns;
    for (const std::string_view facet : of.facets)
        columns.append(columns.empty() ? "" : ",").append(of.fields[of.position(facet)].column_name());
    const bool counted = is_counted(of, request.query);
    parsed->sql = "SELECT " + columns + (counted ? ",sum(count) FROM " : ",count(*) FROM ") + std::string(of.table) +
                  (counted ? "_facets" : "") + parsed->filters.where + " GROUP BY " + columns;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> facets(const operation& what, read_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    const auto& input = static_cast<const facets_input&>(*request.parsed);
    into.clear();
    auto rows = session.prepare(read_sql::dynamic(input.sql));
    if (!rows) return rows.error();
    rows->bind_borrowed(input.filters.values);
    std::vector<counts> found(of.facets.size());
    std::int64_t total = 0;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        const std::int64_t count = rows->integer(static_cast<int>(found.size()));
        total += count;
        for (std::size_t i = 0; count > 0 && i < found.size(); ++i)
            found[i][name_of(of.fields[of.position(of.facets[i])], *rows, static_cast<int>(i))] += count;
    }
    json::writer out(into.body);
    out.begin_object().key("total").integer(total).key("facets").begin_object();
    for (std::size_t i = 0; i < found.size(); ++i) write_facet(out, of.facets[i], found[i]);
    out.end_object().end_object();
    return {};
}

}  // namespace carrel::siem
