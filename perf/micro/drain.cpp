// What does it cost the writer to take N waiting jobs out of its queue, one by one as their turn comes, and to say that it
// is done with them? Running, answering and freeing them is not counted.
#include "actors/mutation_queue.hpp"
#include "micro/jobs.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <vector>

namespace {

using namespace carrel;
using clock = std::chrono::steady_clock;

// As many queues as hold this many jobs are drained between two readings of the clock, which cost more than a job.
constexpr std::size_t jobs_in_all = 512;

using owned_jobs = std::vector<detail::job_ptr<detail::write_job>>;

// False if a queue refuses.
bool fill(std::deque<detail::mutation_queue>& queues, std::size_t jobs_each, owned_jobs& jobs) {
    for (auto& each : queues) {
        for (std::size_t i = 0; i < jobs_each; ++i) {
            if (each.push(jobs.back()) != detail::push_result::queued) return false;
            jobs.pop_back();
        }
    }
    return true;
}

void drain(detail::mutation_queue& queue, owned_jobs& into) {
    const auto before = into.size();
    auto batch = queue.begin_batch();
    while (auto job = queue.pop(batch, {}, {}, true)) {
        ++batch.jobs;
        into.push_back(std::move(job));
    }
    queue.finished(into.size() - before, 0);
}

void drain(benchmark::State& state) {
    const auto jobs_each = static_cast<std::size_t>(state.range(0));
    micro::job_maker maker;
    boost::asio::io_context never_run;
    detail::deadline_timer timer;
    owned_jobs jobs;
    for (std::size_t i = 0; i < jobs_in_all; ++i) jobs.push_back(maker.write());
    std::deque<detail::mutation_queue> queues;
    while (queues.size() < jobs_in_all / jobs_each)
        queues.emplace_back(
            never_run.get_executor(), [] {}, jobs_in_all, std::size_t{1}, timer);
    for (auto _ : state) {
        if (!fill(queues, jobs_each, jobs)) state.SkipWithError("a job was refused");
        const auto begun = clock::now();
        for (auto& each : queues) drain(each, jobs);
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        if (jobs.size() != jobs_in_all) state.SkipWithError("jobs were lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs_in_all));
}

}  // namespace

BENCHMARK(drain)->ArgName("jobs")->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseManualTime();
