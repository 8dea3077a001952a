#include "resource/conditions.hpp"

#include "base/time.hpp"
#include "resource/problems.hpp"
#include "resource/row_query.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace carrel::siem {

namespace {

// Conditions nest in SQLite's parser; nobody asks for more than this.
constexpr std::size_t filters_max = 100;

using texts = std::vector<std::string_view>;

std::string any_of(std::size_t count) {
    std::string list = "(?";
    for (std::size_t i = 1; i < count; ++i) list += ",?";
    return list + ")";
}

class builder {
public:
    builder(const resource& of, timestamp now, conditions& into)
        : of_(of),
          now_(now),
          into_(into) {}

    // All values given for one filter: any of them will do. `key` is the member's, of a member filter.
    void add(const filter& rules, std::string_view key, texts given) {
        std::sort(given.begin(), given.end());
        const std::string name = std::string(rules.name) + (key.empty() ? "" : ".") + std::string(key);
        for (const std::string_view text : given) (into_.canonical += name + '=').append(text) += '\n';
        const std::string column(rules.column);
        switch (rules.kind) {
            case filter_kind::text: return add_equal(rules, values_of(given));
            case filter_kind::list_item: return add_items(column, given);
            case filter_kind::enumeration: return add_names(rules, given);
            case filter_kind::boolean: return add_truths(rules, given);
            case filter_kind::time_from: return add_times(rules, " >= ?", given);
            case filter_kind::time_to: return add_times(rules, " < ?", given);
            case filter_kind::number_from: return add_numbers(rules, given);
            case filter_kind::among: return add_among(column, given);
            case filter_kind::item: return add_item(column, given);
            case filter_kind::words: return add_queries(rules, given);
            case filter_kind::query:
            case filter_kind::member: return;
        }
    }

private:
    void at_fault(const filter& rules, std::string detail) {
        into_.faults.push_back({std::string(rules.name), 0, std::move(detail)});
    }

    static std::vector<value> values_of(const texts& given) {
        std::vector<value> values;
        for (const std::string_view text : given) values.emplace_back(std::string(text));
        return values;
    }
    void add_equal(const filter& rules, std::vector<value> values) {
        std::vector<value> once;
        for (value& each : values)
            if (std::find(once.begin(), once.end(), each) == once.end()) once.push_back(std::move(each));
        few_values made{.column = std::string(rules.column), .any = std::move(once)};
        if (rules.few) return into_.also(std::move(made));
        const std::string condition = condition_of(made);
        if (rules.leads) into_.also(row_set_of(condition, std::move(made.any)));
        else into_.also(condition, std::move(made.any));
    }
    // SQLite uses no index for a term behind a plus.
    row_set row_set_of(const std::string& condition, std::vector<value> values) const {
        row_set set;
        set.rows = "SELECT seq FROM " + std::string(of_.table) + " WHERE " + condition;
        set.among = condition;
        set.test = "+" + condition;
        set.rows_values = values.size();
        set.is_ordered = values.size() == 1;
        set.among_values = set.test_values = std::move(values);
        return set;
    }
    // SQLite's own json_each ends a string at its first NUL.
    void add_items(const std::string& column, const texts& given) {
        std::string any;
        for (std::size_t i = 0; i < given.size(); ++i)
            any += (any.empty() ? "(" : " OR ") + ("carrel_holds(" + column + ", ?) IS NOT NULL");
        into_.also(any + ")", values_of(given));
    }
    void add_names(const filter& rules, const texts& given) {
        std::vector<value> values;
        for (const std::string_view text : given) {
            const auto index = index_of(rules.values, text);
            if (!index) return at_fault(rules, "must be one of " + list_of(rules.values));
            values.emplace_back(*index);
        }
        add_equal(rules, std::move(values));
    }
    void add_truths(const filter& rules, const texts& given) {
        std::vector<value> values;
        for (const std::string_view text : given) {
            if (text != "true" && text != "false") return at_fault(rules, "must be true or false");
            values.emplace_back(std::int64_t{text == "true"});
        }
        add_equal(rules, std::move(values));
    }
    void add_times(const filter& rules, std::string_view comparison, const texts& given) {
        std::string any;
        std::vector<value> values;
        for (const std::string_view text : given) {
            const auto at = parse_time(text, now_);
            if (!at)
                return at_fault(
                    rules, "must be an RFC 3339 time, such as 2026-11-23T10:00:00Z, or a relative one, such as -15m");
            values.emplace_back(*at);
            any += any.empty() ? "(" : " OR ";
            any.append(rules.column).append(comparison);
        }
        into_.also(any + ")", std::move(values));
    }
    // Any of the bounds will do, so the lowest counts.
    void add_numbers(const filter& rules, const texts& given) {
        std::optional<double> lowest;
        for (const std::string_view text : given) {
            double number = 0;
            const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
            const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
            if (!whole || !std::isfinite(number)) return at_fault(rules, "must be a number");
            lowest = std::min(number, lowest.value_or(number));
        }
        into_.also(std::string(rules.column) + " >= ?", {*lowest});
    }
    void add_among(const std::string& before, const texts& given) {
        into_.also(before + any_of(given.size()) + ")", values_of(given));
    }
    void add_item(const std::string& table, const texts& given) {
        const std::string any = "item IN " + any_of(given.size());
        row_set set;
        set.rows = "SELECT row FROM " + table + " WHERE " + any;
        set.among = "seq IN (" + set.rows + ")";
        set.test =
            "EXISTS (SELECT 1 FROM " + table + " WHERE row = " + std::string(of_.table) + ".seq AND " + any + ")";
        set.among_values = set.test_values = values_of(given);
        set.rows_values = given.size();
        // A row has an item once, but may have several of them.
        set.count = std::string("SELECT count(") + (given.size() == 1 ? "*" : "DISTINCT row") + ") FROM " + table +
                    " WHERE " + any;
        into_.also(std::move(set));
    }
    void add_queries(const filter& rules, const texts& given) {
        const auto read = row_query::read(of_, given);
        if (const auto* wrong = std::get_if<query::syntax_error>(&read)) {
            into_.faults.push_back(fault_of(rules.name, *wrong));
            return;
        }
        const auto& query = std::get<row_query>(read);
        into_.also(query.rows());
        into_.is_search = true;
    }

    const resource& of_;
    timestamp now_;
    conditions& into_;
};

// The key of a member filter in a parameter's name: `field.EventID` of `field` is `EventID`.
std::optional<std::string_view> key_of(const filter& rules, std::string_view parameter) {
    const std::size_t prefix = rules.name.size() + 1;
    if (rules.kind != filter_kind::member || parameter.size() < prefix || !parameter.starts_with(rules.name)) return {};
    if (parameter[prefix - 1] != '.') return {};
    return parameter.substr(prefix);
}

void read_members(builder& into, const filter& rules, const query_pairs& query) {
    std::map<std::string_view, texts> by_key;
    for (const auto& [name, text] : query)
        if (const auto key = key_of(rules, name)) by_key[*key].push_back(text);
    for (auto& [key, given] : by_key) into.add(rules, key, std::move(given));
}

}  // namespace

void conditions::add(std::string_view condition, const std::vector<value>& bound) {
    where += where.empty() ? " WHERE " : " AND ";
    where += condition;
    values.insert(values.end(), bound.begin(), bound.end());
}

void conditions::also(std::string_view condition, std::vector<value> bound) {
    add(condition, bound);
    parts_.push_back({.text = std::string(condition), .bound = std::move(bound)});
}

void conditions::also(few_values condition) {
    add(condition_of(condition), condition.any);
    few.push_back(std::move(condition));
}

void conditions::also(row_set set) {
    add(set.among, set.among_values);
    sets.push_back(std::move(set));
}

// SQLite uses no index for a term behind a plus.
conditions conditions::by(const way& chosen, const value* only) const {
    conditions made;
    for (const few_values& each : few) {
        const bool leads = &each == chosen.lead;
        const bool is_tested = !leads && (chosen.walks || chosen.lead != nullptr);
        if (leads && only != nullptr) made.add(each.column + " = ?", {*only});
        else made.add((is_tested ? "+" : "") + condition_of(each), each.any);
    }
    for (const part& each : parts_) made.add(each.text, each.bound);
    for (const row_set& each : sets) {
        const bool is_source = &each == chosen.source;
        made.add(is_source ? each.among : each.test, is_source ? each.among_values : each.test_values);
    }
    return made;
}

// What a list does not seek by, since it has an order to keep, is the best that a count has. SQLite counts a whole table in one
// step, which looks at no deadline and no budget, unless there is a condition.
std::pair<std::string, std::vector<value>> conditions::count_of(std::string_view table) const {
    if (sets.size() == 1 && few.empty() && parts_.empty() && !sets.front().count.empty())
        return {sets.front().count, sets.front().among_values};
    conditions made;
    for (const few_values& each : few) made.add(condition_of(each), each.any);
    for (const part& each : parts_)
        made.add(std::string_view(each.text).substr(each.text.starts_with('+') ? 1 : 0), each.bound);
    for (const row_set& each : sets) made.add(each.among, each.among_values);
    return {"SELECT count(*) FROM " + std::string(table) + (made.where.empty() ? " WHERE true" : made.where),
            std::move(made.values)};
}

// One value is compared with `=`, so that the rest of an index on it is in order.
std::string condition_of(const few_values& of) {
    return of.column + (of.any.size() == 1 ? " = ?" : " IN " + any_of(of.any.size()));
}

conditions read_conditions(const resource& of, const query_pairs& query, timestamp now) {
    conditions made;
    const auto given_filters =
        std::count_if(query.begin(), query.end(), [&](const auto& each) { return is_filter(of, each.first); });
    if (static_cast<std::size_t>(given_filters) > filters_max) {
        made.faults.push_back(
            {quoted(query.back().first), 0, "exceeds the limit of " + std::to_string(filters_max) + " filters"});
        return made;
    }
    builder into(of, now, made);
    for (const filter& rules : of.filters) {
        if (rules.kind == filter_kind::member) {
            read_members(into, rules, query);
            continue;
        }
        texts given;
        for (const auto& [name, text] : query)
            if (name == rules.name) given.push_back(text);
        if (!given.empty()) into.add(rules, {}, std::move(given));
    }
    return made;
}

bool is_filter(const resource& of, std::string_view parameter) {
    return std::any_of(of.filters.begin(), of.filters.end(), [&](const filter& rules) {
        return rules.kind == filter_kind::member ? key_of(rules, parameter).has_value() : rules.name == parameter;
    });
}

}  // namespace carrel::siem
