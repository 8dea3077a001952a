// What does it cost to make a job and post it to the writer's mailbox, or to a background reader's queue? Alone, with
// nobody taking; and while a second thread takes what comes, as the writer does, which adds the lock's price and the wakes.
#include "actors/mailbox.hpp"
#include "actors/work_queue.hpp"
#include "micro/jobs.hpp"

#include <benchmark/benchmark.h>

#include <thread>

namespace {

using namespace carrel;
using clock = std::chrono::steady_clock;

constexpr std::size_t batch = 512;  // posted between two readings of the clock
constexpr std::size_t jobs_max = 16'384, bytes_max = 256u << 20;

std::size_t reads_left(std::size_t queued, bool) { return queued; }

void mailbox_alone(benchmark::State& state) {
    micro::job_maker jobs;
    detail::mailbox mailbox(jobs_max, bytes_max);
    for (auto _ : state) {
        const auto begun = clock::now();
        for (std::size_t i = 0; i < batch; ++i) {
            auto job = jobs.write();
            if (mailbox.push(job) != detail::push_result::queued) state.SkipWithError("a job was refused");
        }
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        auto taken = mailbox.take_present();
        if (taken.size() != batch) state.SkipWithError("jobs were lost");
        mailbox.finished(taken.size(), 0, std::nullopt);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void work_queue_alone(benchmark::State& state) {
    micro::job_maker jobs;
    detail::work_queue queue;
    for (auto _ : state) {
        const auto begun = clock::now();
        for (std::size_t i = 0; i < batch; ++i) queue.push(jobs.read());
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        if (queue.take(reads_left).size() != batch) state.SkipWithError("jobs were lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

// The writer's side of the mailbox, without the work: takes until it is closed and tells how many it took.
std::size_t take_until_closed(detail::mailbox& mailbox) {
    std::size_t taken = 0;
    for (;;) {
        const auto jobs = mailbox.take_all(std::nullopt);
        if (jobs.empty()) return taken;
        taken += jobs.size();
        mailbox.finished(jobs.size(), 0, std::nullopt);
    }
}

void mailbox_contended(benchmark::State& state) {
    micro::job_maker jobs;
    detail::mailbox mailbox(jobs_max, bytes_max);
    std::size_t taken = 0, found_full = 0;
    std::thread taker([&] { taken = take_until_closed(mailbox); });
    for (auto _ : state) {
        auto job = jobs.write();
        for (; mailbox.push(job) != detail::push_result::queued; ++found_full) std::this_thread::yield();
    }
    mailbox.close();
    taker.join();
    if (taken != static_cast<std::size_t>(state.iterations())) state.SkipWithError("jobs were lost");
    state.SetItemsProcessed(state.iterations());
    state.counters["found_full"] = static_cast<double>(found_full);
}

}  // namespace

BENCHMARK(mailbox_alone)->UseManualTime();
BENCHMARK(work_queue_alone)->UseManualTime();
BENCHMARK(mailbox_contended)->UseRealTime();
