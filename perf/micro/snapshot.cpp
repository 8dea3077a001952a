// What does a snapshot cost, and what of it is left for each of the reads that share one? BEGIN and COMMIT on a reader's
// connection: with nothing between them, when SQLite takes no lock, and around 1, 8 and 64 point reads.
#include "micro/alerts.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace carrel;

micro::alert_table& alerts() {
    static micro::alert_table table(10'000);
    return table;
}

void nothing_read(benchmark::State& state) {
    const auto nothing = [](read_session&) { return true; };
    for (auto _ : state) {
        if (!alerts().read(nothing)) state.SkipWithError("no snapshot");
    }
    state.SetItemsProcessed(state.iterations());
}

void snapshot(benchmark::State& state) {
    micro::point_read read_one;
    std::size_t next = 0;
    const auto reads = static_cast<std::size_t>(state.range(0));
    const auto together = [&](read_session& session) {
        for (std::size_t i = 0; i < reads; ++i)
            if (!read_one(session, alerts().id(next++))) return false;
        return true;
    };
    // The hints are learned before, so that the reads cost the same throughout.
    for (std::size_t i = 0; i < alerts().size(); i += reads) alerts().read(together);
    for (auto _ : state) {
        if (!alerts().read(together)) {
            state.SkipWithError("an alert was not found");
            break;
        }
        benchmark::DoNotOptimize(read_one.body().data());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK(nothing_read);
BENCHMARK(snapshot)->ArgName("reads")->Arg(1)->Arg(8)->Arg(64);
