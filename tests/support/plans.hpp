#pragma once

#include "resource/conditions.hpp"
#include "support/domain.hpp"

namespace carrel::testing {

/// How SQLite would run it, a step a line.
inline std::string plan_of(domain& d, const std::string& sql, std::span<const value> values = {}) {
    const auto steps = d.write([&](write_session& session) -> result<std::string> {
        auto plan = session.prepare(write_sql::dynamic("EXPLAIN QUERY PLAN " + sql));
        if (!plan) return plan.error();
        plan->bind_borrowed(values);
        std::string all;
        for (auto more = plan->step(); more && *more; more = plan->step()) all.append(plan->text(3)).append("\n");
        return all;
    });
    return steps.value();
}

/// A value that a filter takes.
inline std::string value_for(const siem::filter& rules) {
    using enum siem::filter_kind;
    switch (rules.kind) {
        case enumeration: return std::string(rules.values.front());
        case boolean: return "true";
        case time_from:
        case time_to: return "2026-11-23T10:00:00Z";
        case number_from: return "1";
        default: return "x";
    }
}

/// The plans of a resource's lists that look at rows in no index's order, or sort a list that nothing narrows; empty if all
/// is well.
inline std::string slow_plans(domain& d, const siem::resource& of) {
    std::string slow;
    const std::string table(of.table), key = of.fields[of.id].column_name();
    const auto select = "SELECT " + of.columns + " FROM " + table;
    const auto order = [&](std::string_view name, std::string_view way) {
        const siem::field& rules = of.fields[of.position(name)];
        const std::string column = rules.is_stored() ? rules.column_name() : "(" + std::string(rules.expression) + ")";
        return " ORDER BY " + column + std::string(way) + ", " + key + std::string(way) + " LIMIT 51";
    };
    const auto look = [&](const std::string& sql, std::span<const value> values, bool may_sort) {
        const std::string plan = plan_of(d, sql, values);
        const bool scans = plan.find("SCAN " + table + "\n") != plan.npos;
        if (scans || (!may_sort && plan.find("TEMP B-TREE") != plan.npos)) slow += sql + "\n" + plan;
    };
    for (const std::string_view sort : of.sorts)
        for (const std::string_view way : {" ASC", " DESC"}) look(select + order(sort, way), {}, false);
    for (const siem::filter& rules : of.filters) {
        const auto made = siem::read_conditions(of, {{std::string(rules.name), value_for(rules)}}, d.now);
        if (!made.faults.empty()) slow += std::string(rules.name) + " " + made.faults.front().detail + "\n";
        else
            look(select + made.where + order(of.sorts.front(), of.sorts_ascending ? " ASC" : " DESC"), made.values,
                 true);
    }
    return slow;
}

}  // namespace carrel::testing
