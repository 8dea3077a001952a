#include "resource/listing.hpp"

#include "base/siphash.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/problems.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace carrel::siem {

namespace {

constexpr std::int64_t limit_default = 50;
constexpr std::array<std::string_view, 4> list_only = {"limit", "cursor", "sort", "count"};

struct order {
    std::size_t field = 0;
    bool descending = true;
};

struct list_input : input {
    const resource* of = nullptr;
    conditions filters;
    std::string page_sql, count_sql;  // count_sql is empty when no total is wanted
    std::vector<value> page_values;
    std::string behind;  // the rows behind the cursor, and what is bound for them
    std::vector<value> behind_values;
    std::int64_t limit = limit_default;
    order by;
    std::string binding;
    bool is_counted = false;     // all filters are facets
    std::uint64_t cost_key = 0;  // for `expect_cost`
};

// Searches share the text of their statement, though one is done at once and another looks at all rows.
std::uint64_t cost_key(const operation& what, const conditions& filters) {
    return filters.is_search ? base::keyed_hash(what.id + '\n' + filters.canonical) : 0;
}

// Reads `limit`, `count` and `sort`; the cursor comes last, since it is bound to the sort.
class parameters {
public:
    parameters(const resource& of, const query_pairs& query, list_input& into)
        : of_(of),
          query_(query),
          into_(into) {}

    std::vector<fault> read() {
        if (auto wrong = read_limit(query_, into_.limit)) faults_.push_back(std::move(*wrong));
        read_sort();
        const auto count = parameter(query_, "count");
        if (count && *count != "true" && *count != "false") at_fault("count", "must be true or false");
        wants_total_ = count == "true";
        return std::move(faults_);
    }
    bool wants_total() const noexcept { return wants_total_; }

private:
    void at_fault(std::string name, std::string detail) { faults_.push_back({std::move(name), 0, std::move(detail)}); }

    void read_sort() {
        into_.by = {of_.position(of_.sorts.front()), !of_.sorts_ascending};
        auto name = parameter(query_, "sort");
        if (!name) return;
        const bool descending = name->starts_with('-');
        if (descending) name->remove_prefix(1);
        if (std::find(of_.sorts.begin(), of_.sorts.end(), *name) == of_.sorts.end())
            return at_fault("sort", "must be one of " + list_of(of_.sorts) + "; prefix - for descending");
        into_.by = {of_.position(*name), descending};
    }

    const resource& of_;
    const query_pairs& query_;
    list_input& into_;
    std::vector<fault> faults_;
    bool wants_total_ = false;
};

std::string sql_of(const field& rules) {
    return rules.is_stored() ? rules.column_name() : "(" + std::string(rules.expression) + ")";
}

// The rows behind a position. NULL sorts before everything, and no comparison with it is ever true.
std::string behind(const std::string& name, const std::string& key, bool descending, const page_position& position,
                   std::vector<value>& values) {
    const bool at_null = std::holds_alternative<std::monostate>(position.sort);
    if (!at_null) values.push_back(position.sort);
    values.emplace_back(position.id);
    if (at_null)
        return descending ? "(" + name + " IS NULL AND " + key + " < ?)"
                          : "(" + name + " IS NOT NULL OR " + key + " > ?)";
    const std::string pair = "(" + name + "," + key + ")";
    return descending ? "(" + pair + " < (?,?) OR " + name + " IS NULL)" : pair + " > (?,?)";
}

// A column that is never NULL needs no test for it, and without one SQLite can seek.
std::string behind(const field& rules, const std::string& key, bool descending, const page_position& position,
                   std::vector<value>& values) {
    const std::string name = sql_of(rules);
    if (may_be_null(rules)) return behind(name, key, descending, position, values);
    values.push_back(position.sort);
    values.emplace_back(position.id);
    return "(" + name + "," + key + (descending ? ") < (?,?)" : ") > (?,?)");
}

// SQLite counts a whole table in one step, which looks at no deadline and no budget, unless there is a condition.
std::string count_sql_of(const resource& of, const conditions& filters) {
    return "SELECT count(*) FROM " + std::string(of.table) + (filters.where.empty() ? " WHERE true" : filters.where);
}

// From the table of facets: see `is_counted`.
std::string counted_sql_of(const resource& of, const conditions& filters) {
    return "SELECT ifnull(sum(count), 0) FROM " + std::string(of.table) + "_facets" + filters.where;
}

// The page of the rows that pass `where`, of which `values` are bound; the limit is bound last.
std::string page_sql_of(const resource& of, const list_input& input, const std::string& where) {
    const std::string key = of.fields[of.id].column_name(), way = input.by.descending ? " DESC" : " ASC";
    std::string sql = "SELECT " + of.columns + " FROM " + std::string(of.table) + where;
    if (!input.behind.empty()) sql.append(where.empty() ? " WHERE " : " AND ").append(input.behind);
    return sql + " ORDER BY " + sql_of(of.fields[input.by.field]) + way + ", " + key + way + " LIMIT ?";
}

std::vector<value> page_values_of(const list_input& input, std::vector<value> values) {
    values.insert(values.end(), input.behind_values.begin(), input.behind_values.end());
    values.emplace_back(input.limit + 1);
    return values;
}

void write_sql_of(const resource& of, list_input& into, bool wants_total,
                  const std::optional<page_position>& position) {
    const std::string key = of.fields[of.id].column_name();
    if (wants_total)
        into.count_sql = into.is_counted ? counted_sql_of(of, into.filters) : count_sql_of(of, into.filters);
    if (position)
        into.behind = behind(of.fields[into.by.field], key, into.by.descending, *position, into.behind_values);
    into.page_sql = page_sql_of(of, into, into.filters.where);
    into.page_values = page_values_of(into, into.filters.values);
}

result<std::int64_t> total(read_session& session, const std::string& sql, std::span<const value> values) {
    auto prepared = session.prepare(read_sql::dynamic(sql));
    if (!prepared) return prepared.error();
    auto row = prepared->bind_borrowed(values).step();
    if (!row) return row.error();
    return prepared->integer(0);
}

// How many rows a set has, or `most`.
result<std::int64_t> size_of(read_session& session, const row_set& set, std::int64_t most) {
    std::vector<value> values(set.among_values.begin(),
                              set.among_values.begin() + static_cast<std::ptrdiff_t>(set.rows_values));
    values.emplace_back(most);
    return total(session, "SELECT count(*) FROM (" + set.rows + " LIMIT ?)", values);
}

page_position position_of(const resource& of, const list_input& input, const statement& row) {
    page_position at;
    for (std::size_t i = 0; i < of.shown.size(); ++i) {
        const int column = static_cast<int>(i);
        if (of.shown[i].field == of.id) at.id = std::string(row.text(column));
        if (of.shown[i].field != input.by.field) continue;
        if (row.type(column) == value_type::integer) at.sort = row.integer(column);
        if (row.type(column) == value_type::real) at.sort = row.real(column);
        if (row.type(column) == value_type::text) at.sort = std::string(row.text(column));
    }
    return at;
}

// Appends the items; the position of the last one if there are more.
result<std::optional<page_position>> write_items(const resource& of, const list_input& input, statement& rows,
                                                 std::string& body) {
    std::optional<page_position> last;
    for (std::int64_t written = 0;; ++written) {
        auto more = rows.step();
        if (!more) return more.error();
        if (!*more) return std::optional<page_position>();
        if (last) return last;
        if (written > 0) body += ',';
        append_row(of, rows, 0, body);
        if (written + 1 == input.limit || body.size() >= page_bytes_max) last = position_of(of, input, rows);
    }
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

// To go through all rows in order until enough passed costs the limit times what there is for each that passes; to fetch a set
// of rows costs as many, and their sorting. Both are the same where the set has the root of the product, times what a test
// costs more than a row.
result<conditions> choose_way(const resource& of, read_session& session, const list_input& input) {
    auto last = session.first_integer(
        read_sql::dynamic("SELECT seq FROM " + std::string(of.table) + " ORDER BY seq DESC LIMIT 1"));
    if (!last) return last.error();
    auto even =
        static_cast<std::int64_t>(std::sqrt(static_cast<double>(input.limit) * static_cast<double>(last->value_or(0))));
    conditions::way chosen{.has_lead = of.fields[input.by.field].name == of.sorts.front()};
    auto set = smallest_set(session, input.filters, even);
    if (!set) return set.error();
    chosen.source = *set;
    if (chosen.source == nullptr && chosen.has_lead) chosen.source = first_in_order(input.filters);
    const conditions few = input.filters.few();
    if (!few.where.empty() && !of.facets.empty()) {
        auto rows = total(session, counted_sql_of(of, few), few.values);
        if (!rows) return rows.error();
        chosen.walks = chosen.source != nullptr || *rows > even;
        if (!chosen.walks) chosen.source = nullptr;
    }
    return input.filters.by(chosen);
}

}  // namespace

namespace {

// What is not a list's own.
query_pairs filters_only(const resource& of, const query_pairs& query) {
    query_pairs filters;
    std::copy_if(query.begin(), query.end(), std::back_inserter(filters),
                 [&](const auto& each) { return is_filter(of, each.first); });
    return filters;
}

}  // namespace

bool is_counted(const resource& of, const query_pairs& query) {
    if (of.facets.empty()) return false;
    return std::all_of(query.begin(), query.end(), [&](const auto& given) {
        const auto rules = std::find_if(of.filters.begin(), of.filters.end(),
                                        [&](const filter& each) { return each.name == given.first; });
        // An empty value stands for none in that table.
        if (rules == of.filters.end() || given.second.empty()) return false;
        const bool is_plain = rules->kind == filter_kind::text || rules->kind == filter_kind::enumeration ||
                              rules->kind == filter_kind::boolean;
        return is_plain && std::any_of(of.facets.begin(), of.facets.end(), [&](std::string_view each) {
                   return of.fields[of.position(each)].column_name() == rules->column;
               });
    });
}

std::optional<problem> check_list(const operation& what, call& request) {
    const resource& of = *what.of;
    if (of.owner == resource::absent) return check_narrowed_list(of, what, request, nullptr);
    const narrowing own{of.fields[of.owner].column_name() + " = ?", request.path[0]};
    return check_narrowed_list(of, what, request, &own);
}

std::optional<problem> check_narrowed_list(const resource& of, const operation& what, call& request,
                                           const narrowing* by) {
    std::vector<fault> faults = refuse_parameters(of, request.query, list_only);
    auto parsed = std::make_unique<list_input>();
    parameters own(of, request.query, *parsed);
    for (fault& wrong : own.read()) faults.push_back(std::move(wrong));
    parsed->filters = read_conditions(of, request.query, request.now);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    if (by != nullptr) {
        parsed->filters.also(by->condition, {by->bound});
        parsed->filters.canonical += what.path + '\n' + by->bound;
    }

    parsed->binding = std::string(of.name) + (parsed->by.descending ? "\n-" : "\n") + std::to_string(parsed->by.field) +
                      "\n" + parsed->filters.canonical;
    std::optional<page_position> position;
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        position = decode_cursor(*cursor, parsed->binding);
        if (!position) faults.push_back({"cursor", 0, "is not a cursor of a list with this sort and these filters"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->cost_key = cost_key(what, parsed->filters);
    parsed->of = &of;
    parsed->is_counted =
        by == nullptr && of.owner == resource::absent && is_counted(of, filters_only(of, request.query));
    write_sql_of(of, *parsed, own.wants_total(), position);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

std::string_view page_sql(const call& checked) { return static_cast<const list_input&>(*checked.parsed).page_sql; }

result<void> list(const operation&, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const list_input&>(*request.parsed);
    const resource& of = *input.of;
    into.clear();
    if (auto allowed = expect_cost(session, input.cost_key); !allowed) return allowed;
    std::string sql;
    std::vector<value> values;
    const bool chooses = input.filters.has_ways();
    if (chooses) {
        auto chosen = choose_way(of, session, input);
        if (!chosen) return chosen.error();
        sql = page_sql_of(of, input, chosen->where);
        values = page_values_of(input, std::move(chosen->values));
    }
    auto rows = session.prepare(read_sql::dynamic(chooses ? sql : input.page_sql));
    if (!rows) return rows.error();
    rows->bind_borrowed(chooses ? values : input.page_values);
    into.body = "{\"items\":[";
    auto next = write_items(of, input, *rows, into.body);
    if (!next) return next.error();
    into.body += "],\"next\":";
    json::writer tail(into.body);
    if (*next) {
        tail.string(encode_cursor(**next, input.binding));
    } else {
        tail.null();
    }
    if (!input.count_sql.empty()) {
        auto all = total(session, input.count_sql, input.filters.values);
        if (!all) return all.error();
        tail.key("total").integer(*all);
    }
    into.body += '}';
    return {};
}

std::optional<problem> check_count(const operation& what, call& request) {
    const resource& of = *what.of;
    std::vector<fault> faults = refuse_parameters(of, request.query, {});
    auto parsed = std::make_unique<list_input>();
    parsed->filters = read_conditions(of, request.query, request.now);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    if (of.owner != resource::absent) {
        parsed->filters.also(of.fields[of.owner].column_name() + " = ?", {request.path[0]});
    }
    parsed->cost_key = cost_key(what, parsed->filters);
    parsed->count_sql = is_counted(of, request.query) ? "SELECT ifnull(sum(count), 0) FROM " + std::string(of.table) +
                                                            "_facets" + parsed->filters.where
                                                      : count_sql_of(of, parsed->filters);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> count(const operation&, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const list_input&>(*request.parsed);
    into.clear();
    if (auto allowed = expect_cost(session, input.cost_key); !allowed) return allowed;
    auto all = total(session, input.count_sql, input.filters.values);
    if (!all) return all.error();
    json::writer(into.body).begin_object().key("count").integer(*all).end_object();
    return {};
}

}  // namespace carrel::siem
