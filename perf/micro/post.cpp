// What does it cost to make a job and post it to the writer's queue, or to a background reader's? Alone, with nobody taking;
// and while the writer's turns on another thread take what comes, which adds the lock's price and the wakes.
#include "actors/mutation_queue.hpp"
#include "actors/steal_queue.hpp"
#include "micro/jobs.hpp"

#include <boost/asio/thread_pool.hpp>

#include <benchmark/benchmark.h>

#include <thread>

namespace {

using namespace carrel;
using clock = std::chrono::steady_clock;

constexpr std::size_t batch = 512;  // posted between two readings of the clock
constexpr std::size_t jobs_max = 16'384, bytes_max = 256u << 20;

std::size_t take_all(detail::mutation_queue& queue) {
    auto taken = queue.begin_batch();
    const detail::batch_limits no_limits{.jobs_max = jobs_max, .bytes_max = bytes_max};
    for (; queue.pop(taken, no_limits, {}, true); ++taken.jobs) {
    }
    queue.finished(taken.jobs, 0);
    return taken.jobs;
}

void mutation_queue_alone(benchmark::State& state) {
    micro::job_maker jobs;
    boost::asio::io_context never_run;
    detail::deadline_timer timer;
    detail::mutation_queue queue(
        never_run.get_executor(), [] {}, jobs_max, bytes_max, timer);
    for (auto _ : state) {
        const auto begun = clock::now();
        for (std::size_t i = 0; i < batch; ++i) {
            detail::job_ptr<detail::write_job> job = jobs.write();
            if (queue.push(job) != detail::push_result::queued) state.SkipWithError("a job was refused");
        }
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        if (take_all(queue) != batch) state.SkipWithError("jobs were lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void steal_queue_alone(benchmark::State& state) {
    micro::job_maker jobs;
    detail::steal_queue queue;
    for (auto _ : state) {
        const auto begun = clock::now();
        for (std::size_t i = 0; i < batch; ++i) queue.push(jobs.read());
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        std::size_t taken = 0;
        while (queue.take()) ++taken;
        if (taken != batch) state.SkipWithError("jobs were lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void mutation_queue_contended(benchmark::State& state) {
    micro::job_maker jobs;
    boost::asio::thread_pool writer(1);
    detail::deadline_timer timer;
    std::size_t taken = 0, found_full = 0;
    detail::mutation_queue* turns = nullptr;
    detail::mutation_queue queue(
        writer.get_executor(), [&] { taken += take_all(*turns); }, jobs_max, bytes_max, timer);
    turns = &queue;
    for (auto _ : state) {
        detail::job_ptr<detail::write_job> job = jobs.write();
        for (; queue.push(job) != detail::push_result::queued; ++found_full) std::this_thread::yield();
    }
    queue.close();
    queue.wait_until_drained();
    if (taken != static_cast<std::size_t>(state.iterations())) state.SkipWithError("jobs were lost");
    state.SetItemsProcessed(state.iterations());
    state.counters["found_full"] = static_cast<double>(found_full);
    writer.join();
}

}  // namespace

BENCHMARK(mutation_queue_alone)->UseManualTime();
BENCHMARK(steal_queue_alone)->UseManualTime();
BENCHMARK(mutation_queue_contended)->UseRealTime();
