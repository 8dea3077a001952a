#include "resource/list_way.hpp"

#include <algorithm>
#include <cmath>

namespace carrel::siem {

namespace {

// Each value of a lead is a select of its own, which SQLite takes its time to compile.
constexpr std::size_t merged_max = 16;

// How many rows a set has, or `most`.
result<std::int64_t> size_of(read_session& session, const row_set& set, std::int64_t most) {
    std::vector<value> values(set.among_values.begin(),
                              set.among_values.begin() + static_cast<std::ptrdiff_t>(set.rows_values));
    values.emplace_back(most);
    return count_by(session, "SELECT count(*) FROM (" + set.rows + " LIMIT ?)", values);
}

// The set with the fewest rows, if it has at most so many; its size is `fewest` then.
result<const row_set*> smallest_set(read_session& session, const conditions& filters, std::int64_t& fewest) {
    const row_set* smallest = nullptr;
    for (const row_set& each : filters.sets) {
        if (each.rows.empty()) continue;
        auto size = size_of(session, each, fewest + 1);
        if (!size) return size.error();
        if (*size > fewest) continue;
        fewest = *size;
        smallest = &each;
    }
    return smallest;
}

// Of sets with many rows one that needs no sorting is still better than to go through all rows.
const row_set* first_in_order(const conditions& filters) {
    const auto found =
        std::find_if(filters.sets.begin(), filters.sets.end(), [](const row_set& each) { return each.is_ordered; });
    return found == filters.sets.end() ? nullptr : &*found;
}

// How many rows pass each condition of few values, and last how many pass all of them.
result<std::vector<std::int64_t>> sizes_of(read_session& session, const resource& of, const conditions& filters) {
    std::string sql, all;
    std::vector<value> values;
    for (int round = 0; round < 2; ++round)
        for (const few_values& each : filters.few) values.insert(values.end(), each.any.begin(), each.any.end());
    for (const few_values& each : filters.few) {
        sql += (sql.empty() ? "SELECT " : ", ") + ("ifnull(sum(count) FILTER (WHERE " + condition_of(each) + "), 0)");
        all += (all.empty() ? "" : " AND ") + condition_of(each);
    }
    sql += ", ifnull(sum(count) FILTER (WHERE " + all + "), 0) FROM " + std::string(of.table) + "_facets";
    auto row = session.prepare(read_sql::dynamic(sql));
    if (!row) return row.error();
    auto stepped = row->bind_borrowed(values).step();
    if (!stepped) return stepped.error();
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i <= filters.few.size(); ++i) sizes.push_back(row->integer(static_cast<int>(i)));
    return sizes;
}

// The indexes of a table as they were created. The schema says which there are, so that no description has to.
result<std::vector<std::string>> indexes_of(read_session& session, const resource& of) {
    auto rows = session.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql <> ''");
    if (!rows) return rows.error();
    rows->bind(of.table);
    std::vector<std::string> found;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return found;
        found.emplace_back(rows->text(0));
    }
}

// Whether the rows of one value of the column come in the list's order from some index.
bool is_in_order(const std::vector<std::string>& indexes, const resource& of, const few_values& condition,
                 std::size_t sorted_by) {
    const std::string begins =
        "(" + condition.column + ", " + of.fields[sorted_by].column_name() + ", " + of.fields[of.id].column_name();
    return std::any_of(indexes.begin(), indexes.end(), [&](const std::string& each) {
        const auto at = each.find(begins);
        return at != each.npos && (each[at + begins.size()] == ',' || each[at + begins.size()] == ')');
    });
}

// The condition with the fewest rows of those that `may` lead.
template <class May>
const few_values* smallest(const conditions& filters, const std::vector<std::int64_t>& sizes, May may) {
    const few_values* lead = nullptr;
    std::int64_t fewest = 0;
    for (std::size_t i = 0; i < filters.few.size(); ++i) {
        if (!may(filters.few[i]) || (lead != nullptr && sizes[i] >= fewest)) continue;
        lead = &filters.few[i];
        fewest = sizes[i];
    }
    return lead;
}

}  // namespace

result<std::int64_t> count_by(read_session& session, const std::string& sql, std::span<const value> values) {
    auto prepared = session.prepare(read_sql::dynamic(sql));
    if (!prepared) return prepared.error();
    auto row = prepared->bind_borrowed(values).step();
    if (!row) return row.error();
    return prepared->integer(0);
}

// To go through all rows in order until enough passed costs the limit times what there is for each that passes; to fetch a set
// of rows costs as many, and their sorting. Both are the same where the set has the root of the product, times what a test
// costs more than a row. That supposes that those that pass are anywhere in the order, which they are not: what comes from one
// source comes at one time, and what is of one type expires on one day. So an index that has the rows of a value in order goes
// before both, a seek for each value.
result<conditions::way> choose_way(const resource& of, read_session& session, const conditions& filters,
                                   const wanted_rows& wanted) {
    auto last = session.first_integer(
        read_sql::dynamic("SELECT seq FROM " + std::string(of.table) + " ORDER BY seq DESC LIMIT 1"));
    if (!last) return last.error();
    auto even = static_cast<std::int64_t>(
        std::sqrt(static_cast<double>(wanted.limit) * static_cast<double>(last->value_or(0))));
    const std::int64_t few_rows = even;
    conditions::way chosen;
    auto set = smallest_set(session, filters, even);
    if (!set) return set.error();
    chosen.source = *set;
    const bool is_first_sort = wanted.sorted_by == of.position(of.sorts.front());
    if (chosen.source == nullptr && is_first_sort) chosen.source = first_in_order(filters);
    if (filters.few.empty() || of.facets.empty()) return chosen;
    auto sizes = sizes_of(session, of, filters);
    if (!sizes) return sizes.error();
    if (chosen.source != nullptr && sizes->back() > even) {
        chosen.walks = true;
        return chosen;
    }
    chosen.source = nullptr;
    chosen.walks = sizes->back() > few_rows;
    auto indexes = indexes_of(session, of);
    if (!indexes) return indexes.error();
    const auto may_lead = [&](const few_values& each) {
        return each.any.size() <= merged_max && is_in_order(*indexes, of, each, wanted.sorted_by);
    };
    chosen.lead = chosen.walks ? smallest(filters, *sizes, may_lead)
                               : smallest(filters, *sizes, [](const few_values&) { return true; });
    chosen.merges = chosen.lead != nullptr && may_lead(*chosen.lead);
    return chosen;
}

}  // namespace carrel::siem
