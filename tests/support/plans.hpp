#pragma once

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

}  // namespace carrel::testing
