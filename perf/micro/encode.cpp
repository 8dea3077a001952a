// What does it cost to write an alert's row as JSON into a buffer that is reused, from SQLite's columns? One alert, and the
// fifty of a list. The rows stand under open statements, so that no step is counted.
#include "micro/alerts.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace carrel;

micro::alert_table& alerts() {
    static micro::alert_table table(50);
    return table;
}

// Statements that each stand on a row of their own; empty if one does not.
std::vector<statement> rows_of(read_session& session, std::size_t count) {
    std::vector<statement> rows;
    for (std::size_t i = 0; i < count; ++i) {
        auto prepared = session.prepare(read_sql::dynamic(siem::alerts().select_json));
        if (!prepared) return {};
        auto found = prepared->bind(alerts().id(i)).step();
        if (!found || !*found) return {};
        rows.push_back(std::move(*prepared));
    }
    return rows;
}

void write_items(const std::vector<statement>& rows, std::string& body) {
    body = "{\"items\":[";
    for (const auto& row : rows) {
        if (&row != &rows.front()) body += ',';
        siem::append_row(siem::alerts(), row, 0, body);
    }
    body += "]}";
}

// Parsed back: every row is there and is its own.
bool is_right(const std::string& body, std::size_t count) {
    const auto items = boost::json::parse(body).at("items").as_array();
    for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i].at("id").as_string() != alerts().id(i) || items[i].at("risk_score").as_int64() != 73) return false;
    return items.size() == count;
}

void encode(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::string body;
    alerts().read([&](read_session& session) {
        const auto rows = rows_of(session, count);
        for (auto _ : state) {
            write_items(rows, body);
            benchmark::DoNotOptimize(body.data());
            benchmark::ClobberMemory();
        }
        return true;
    });
    if (!is_right(body, count)) state.SkipWithError("the JSON is not what was stored");
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

}  // namespace

BENCHMARK(encode)->ArgName("rows")->Arg(1)->Arg(50);
