// What does it cost at intake to find out what indicators a value of an event could be?
#include "indicators/lookup.hpp"

#include <benchmark/benchmark.h>

#include <iterator>
#include <string_view>

namespace {

using carrel::indicators::lookup;

void look_up(benchmark::State& state, std::string_view value, std::size_t keys_max) {
    lookup keys;
    for (auto _ : state) {
        const auto found = keys.forms(value);
        benchmark::DoNotOptimize(found.data());
        if (found.size() > keys_max) {
            state.SkipWithError("the value has more keys than it can have");
            break;
        }
    }
}

// What an event of a Windows machine has, more or less.
constexpr std::string_view event[] = {"4688",
                                      "Microsoft-Windows-Security-Auditing",
                                      "Information",
                                      "WORKSTATION7.corp.example",
                                      "0x3e7",
                                      "SYSTEM",
                                      "2026-11-26T18:00:00.123Z",
                                      "C:\\Windows\\System32\\svchost.exe",
                                      "A new process has been created.",
                                      "10.20.30.40",
                                      "D41D8CD98F00B204E9800998ECF8427E",
                                      "%%1936",
                                      "S-1-5-18",
                                      "svchost.exe -k netsvcs -p -s Schedule",
                                      "49731",
                                      "tcp"};

void look_up_event(benchmark::State& state) {
    lookup keys;
    for (auto _ : state)
        for (const auto value : event) benchmark::DoNotOptimize(keys.forms(value).data());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(std::size(event)));
}

BENCHMARK(look_up_event);
BENCHMARK_CAPTURE(look_up, word, "Information", 0);
BENCHMARK_CAPTURE(look_up, sentence, "The audit log of the machine was cleared by a user who may do so.", 0);
BENCHMARK_CAPTURE(look_up, address, "10.20.30.40", 1);
BENCHMARK_CAPTURE(look_up, domain, "workstation7.corp.example", 2);
BENCHMARK_CAPTURE(look_up, url, "https://cdn.example/assets/app.js?v=3", 2);
BENCHMARK_CAPTURE(look_up, hash, "D41D8CD98F00B204E9800998ECF8427E", 2);
BENCHMARK_CAPTURE(look_up, path, "C:\\Windows\\System32\\svchost.exe", 2);

}  // namespace
