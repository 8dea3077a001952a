// What does one point read of an alert by its id cost among 100,000, inside an open snapshot? From the statement cache to the
// row found: by the index on ids, and by a row hint (siem/row_hints.hpp); and the server's whole operation, JSON included.
#include "micro/alerts.hpp"
#include "resource/row_hints.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace carrel;

micro::alert_table& alerts() {
    static micro::alert_table table(100'000);
    return table;
}

// `read_one` tells whether the row with this id was found.
template <class Read>
void in_one_snapshot(benchmark::State& state, Read read_one) {
    auto& table = alerts();
    table.read([&](read_session& session) {
        std::size_t next = 0;
        for (auto _ : state) {
            if (!read_one(session, table.id(next++))) {
                state.SkipWithError("an alert was not found");
                break;
            }
        }
        return true;
    });
    state.SetItemsProcessed(state.iterations());
}

bool steps_to(result<statement>& prepared, const std::string& id) {
    auto found = prepared->step();
    return found && *found && prepared->text(static_cast<int>(siem::alerts().id)) == id;
}

std::int64_t hint_of(const std::string& id) {
    return siem::row_hints::of_this_thread().find(siem::row_hints::key_of("alerts", id));
}

// The share of the ids that have a hint. Read twice, since some are lost while the table of hints grows.
double learn_all() {
    return alerts().read([](read_session& session) {
        micro::point_read read_one;
        for (std::size_t i = 0; i < 2 * alerts().size(); ++i) read_one(session, alerts().id(i));
        std::size_t known = 0;
        for (std::size_t i = 0; i < alerts().size(); ++i) known += hint_of(alerts().id(i)) != 0 ? 1 : 0;
        return static_cast<double>(known) / static_cast<double>(alerts().size());
    });
}

void by_index(benchmark::State& state) {
    in_one_snapshot(state, [](read_session& session, const std::string& id) {
        auto prepared = session.prepare(read_sql::dynamic(siem::alerts().select_json));
        if (!prepared) return false;
        prepared->bind(id);
        return steps_to(prepared, id);
    });
}

void by_hint(benchmark::State& state) {
    const auto hinted = learn_all();
    if (hinted < 0.95) state.SkipWithError("too few rows have a hint");
    in_one_snapshot(state, [&](read_session& session, const std::string& id) {
        const auto row = hint_of(id);
        if (row == 0) return true;  // lost to another id of the same place; costs nothing here
        auto prepared = session.prepare(read_sql::dynamic(siem::alerts().select_json_at));
        if (!prepared) return false;
        prepared->bind(row, id);
        return steps_to(prepared, id);
    });
    state.counters["hinted"] = hinted;
}

void whole_operation(benchmark::State& state) {
    learn_all();
    micro::point_read read_one;
    in_one_snapshot(state, [&](read_session& session, const std::string& id) {
        const bool found = read_one(session, id);
        benchmark::DoNotOptimize(read_one.body().data());
        return found;
    });
}

}  // namespace

BENCHMARK(by_index);
BENCHMARK(by_hint);
BENCHMARK(whole_operation);
