// What does it cost to find a request's endpoint in the table that is served? A path without a parameter, with one, with
// one that must be decoded, the deepest, and one that nobody has.
#include "http/routing/router.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace carrel;

void find(benchmark::State& state, std::string_view path, http::method how, std::string_view operation,
          std::string_view value) {
    static const auto endpoints = http::all_endpoints();
    static const http::router routes(endpoints);
    http::path_values values;
    for (auto _ : state) {
        const auto found = routes.find(path, how, values);
        benchmark::DoNotOptimize(found);
        const auto name = found.endpoint == nullptr ? std::string_view() : found.endpoint->id;
        if (name != operation || (!value.empty() && values[0] != value)) {
            state.SkipWithError("another endpoint was found");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK_CAPTURE(find, list, "/api/v1/alerts", http::method::get, "list_alerts", "");
BENCHMARK_CAPTURE(find, one, "/api/v1/alerts/01932f5c-2f40-7cc1-8a3e-5d1f0b6e9a21", http::method::get, "get_alert",
                  "01932f5c-2f40-7cc1-8a3e-5d1f0b6e9a21");
BENCHMARK_CAPTURE(find, one_decoded, "/api/v1/alerts/log%2Dpath", http::method::get, "get_alert", "log-path");
BENCHMARK_CAPTURE(find, deepest, "/api/v1/alerts/log-path/status", http::method::post, "change_alert_status",
                  "log-path");
BENCHMARK_CAPTURE(find, nobody, "/api/v1/nothing/here", http::method::get, "", "");
