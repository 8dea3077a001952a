// Plans, and the report of a job that was slow.
#include "sqlite/connection.hpp"
#include "sqlite/statement_text.hpp"

#include <carrel/queries.hpp>

#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <memory>

namespace carrel {

namespace {

std::string seconds_text(std::chrono::nanoseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(time).count());
    return text.data();
}

}  // namespace

std::string_view name_of(query_lane which) noexcept {
    switch (which) {
        case query_lane::writer: return "writer";
        case query_lane::resident: return "resident";
        case query_lane::background: return "background";
    }
    return "";
}

std::string describe(const slow_query& slow) {
    std::string text = "slow query: " + (slow.statement.empty() ? std::string("no statement") : slow.statement);
    text += "; lane ";
    text += name_of(slow.lane);
    text += ", run " + seconds_text(slow.running) + ", waited " + seconds_text(slow.waited);
    text += ", rows " + std::to_string(slow.rows);
    if (slow.ended) text += ", ended: " + slow.ended.message();
    for (const auto& [name, label] : slow.origin) text.append(", ").append(name).append(" ").append(label);
    if (slow.left_out > 0) text += ", " + std::to_string(slow.left_out) + " more like it were not logged";
    if (!slow.plan.empty()) text += "; plan: " + slow.plan;
    return text;
}

result<std::string> explain_query(read_session& session, std::uint64_t key) {
    return detail::connection_of(session).explain(key);
}

result<std::string> explain_query(read_session& session, std::string_view statement) {
    return explain_query(session, sqlite::key_of(statement));
}

}  // namespace carrel

namespace carrel::sqlite {

namespace {

// Of others the preparation alone may do something, or there is nothing to plan.
bool has_plan(std::string_view sql) {
    const auto text = normalised(sql);
    for (const std::string_view word : {"SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE"})
        if (text.size() > word.size() &&
            sqlite3_strnicmp(text.c_str(), word.data(), static_cast<int>(word.size())) == 0)
            return true;
    return false;
}

struct finalize {
    void operator()(sqlite3_stmt* one) const noexcept { sqlite3_finalize(one); }
};

}  // namespace

result<std::string> connection::explain(std::uint64_t key) {
    const auto record = meter_.registry() == nullptr ? nullptr : meter_.registry()->find(key);
    if (record == nullptr || !has_plan(record->sql)) return std::string();
    const trusted_scope trusted(*this);
    const auto sql = "EXPLAIN QUERY PLAN " + record->sql;
    sqlite3_stmt* made = nullptr;
    int rc = sqlite3_prepare_v2(db_, sql.c_str(), -1, &made, nullptr);
    const std::unique_ptr<sqlite3_stmt, finalize> rows(made);
    if (rc != SQLITE_OK) return failure(rc);
    std::string plan;
    constexpr int detail_column = 3;
    while ((rc = sqlite3_step(made)) == SQLITE_ROW) {
        const auto* line = reinterpret_cast<const char*>(sqlite3_column_text(made, detail_column));
        if (line == nullptr) continue;
        if (!plan.empty()) plan += "; ";
        plan += line;
    }
    if (rc != SQLITE_DONE) return failure(rc);
    return plan;
}

// A line less is the least harm where there is no memory for it, or the host's sink throws.
void connection::report_slow(error_code ended) noexcept {
    if (!meter_.is_slow()) return;
    if (meter_.registry() != nullptr) meter_.registry()->count_slow_job();
    if (!profile_.log && !profile_.on_slow) return;
    try {
        const auto now = watch::clock::now();
        const auto& facts = meter_.facts();
        const auto record = meter_.registry() == nullptr ? nullptr : meter_.registry()->find(meter_.longest());
        slow_query slow;
        if (record != nullptr) {
            const auto left_out = record->take_report(now);
            if (!left_out) return;
            slow.left_out = *left_out;
            slow.statement = record->text;
            if (auto plan = explain(record->key)) slow.plan = *std::move(plan);
        }
        slow.lane = meter_.slot().lane();
        slow.waited = facts.begun - facts.accepted;
        slow.running = now - facts.begun;
        slow.rows = meter_.slot().rows();
        slow.ended = ended;
        if (facts.origin != nullptr) slow.origin = facts.origin->labels();
        if (profile_.on_slow) profile_.on_slow(slow);
        else profile_.log(log_level::warning, describe(slow));
    } catch (...) {
    }
}

}  // namespace carrel::sqlite
