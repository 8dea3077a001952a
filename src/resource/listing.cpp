#include "resource/listing.hpp"

#include "base/siphash.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/list_way.hpp"
#include "resource/parents.hpp"
#include "resource/problems.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <array>
#include <tuple>

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
    std::vector<value> page_values, count_values;
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

// From the table of facets, if that knows all that is requested: see `is_counted`.
void write_count_of(const resource& of, list_input& into) {
    if (into.is_counted) {
        into.count_sql = "SELECT ifnull(sum(count), 0) FROM " + std::string(of.table) + "_facets" + into.filters.where;
        into.count_values = into.filters.values;
    } else {
        std::tie(into.count_sql, into.count_values) = into.filters.count_of(of.table);
    }
}

// Selects the rows that pass and are behind the cursor.
void add_rows_of(const resource& of, const list_input& input, const conditions& which, std::string& sql,
                 std::vector<value>& values) {
    sql += "SELECT " + of.columns + " FROM " + std::string(of.table) + which.where;
    if (!input.behind.empty()) sql.append(which.where.empty() ? " WHERE " : " AND ").append(input.behind);
    values.insert(values.end(), which.values.begin(), which.values.end());
    values.insert(values.end(), input.behind_values.begin(), input.behind_values.end());
}

void add_order_of(const resource& of, const list_input& input, std::string& sql, std::vector<value>& values) {
    const std::string key = of.fields[of.id].column_name(), way = input.by.descending ? " DESC" : " ASC";
    sql += " ORDER BY " + sql_of(of.fields[input.by.field]) + way + ", " + key + way + " LIMIT ?";
    values.emplace_back(input.limit + 1);
}

struct page_select {
    std::string sql;
    std::vector<value> values;
};

// The page by the way that is likely cheapest. SQLite merges selects that each come in order.
result<page_select> choose_page(read_session& session, const list_input& input) {
    const resource& of = *input.of;
    auto by = choose_way(of, session, input.filters, {.sorted_by = input.by.field, .limit = input.limit});
    if (!by) return by.error();
    page_select made;
    if (!by->merges) add_rows_of(of, input, input.filters.by(*by), made.sql, made.values);
    for (std::size_t i = 0; by->merges && i < by->lead->any.size(); ++i) {
        if (i > 0) made.sql += " UNION ALL ";
        add_rows_of(of, input, input.filters.by(*by, &by->lead->any[i]), made.sql, made.values);
    }
    add_order_of(of, input, made.sql, made.values);
    return made;
}

void write_sql_of(const resource& of, list_input& into, bool wants_total,
                  const std::optional<page_position>& position) {
    if (wants_total) write_count_of(of, into);
    if (position)
        into.behind = behind(of.fields[into.by.field], of.fields[of.id].column_name(), into.by.descending, *position,
                             into.behind_values);
    add_rows_of(of, into, into.filters, into.page_sql, into.page_values);
    add_order_of(of, into, into.page_sql, into.page_values);
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

result<std::string> page_sql(read_session& session, const call& checked) {
    const auto& input = static_cast<const list_input&>(*checked.parsed);
    if (!input.filters.has_ways()) return input.page_sql;
    auto chosen = choose_page(session, input);
    if (!chosen) return chosen.error();
    return std::move(chosen->sql);
}

result<void> list(const operation&, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const list_input&>(*request.parsed);
    const resource& of = *input.of;
    into.clear();
    if (auto found = require_parent(of, session, request, into); !found) return found;
    if (auto allowed = expect_cost(session, input.cost_key); !allowed) return allowed;
    page_select chosen;
    const bool chooses = input.filters.has_ways();
    if (chooses) {
        auto made = choose_page(session, input);
        if (!made) return made.error();
        chosen = std::move(*made);
    }
    auto rows = session.prepare(read_sql::dynamic(chooses ? chosen.sql : input.page_sql));
    if (!rows) return rows.error();
    rows->bind_borrowed(chooses ? chosen.values : input.page_values);
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
        auto all = count_by(session, input.count_sql, input.count_values);
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
    parsed->is_counted = is_counted(of, request.query);
    write_count_of(of, *parsed);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> count(const operation& what, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const list_input&>(*request.parsed);
    into.clear();
    if (auto found = require_parent(*what.of, session, request, into); !found) return found;
    if (auto allowed = expect_cost(session, input.cost_key); !allowed) return allowed;
    auto all = count_by(session, input.count_sql, input.count_values);
    if (!all) return all.error();
    json::writer(into.body).begin_object().key("count").integer(*all).end_object();
    return {};
}

}  // namespace carrel::siem
