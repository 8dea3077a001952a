// What does it cost the writer to take N waiting jobs out of its mailbox, walk them, and say that it is done with them? The
// lock is paid once a drain, so a job gets cheaper as more wait. Running, answering and freeing them is not counted.
#include "actors/mailbox.hpp"
#include "micro/jobs.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <vector>

namespace {

using namespace carrel;
using clock = std::chrono::steady_clock;

// As many mailboxes as hold this many jobs are drained between two readings of the clock, which cost more than a job.
constexpr std::size_t jobs_in_all = 512;

using owned_jobs = std::vector<std::unique_ptr<detail::write_job>>;

// False if a mailbox refuses.
bool fill(std::deque<detail::mailbox>& mailboxes, std::size_t jobs_each, owned_jobs& jobs) {
    for (auto& each : mailboxes) {
        for (std::size_t i = 0; i < jobs_each; ++i) {
            if (each.push(jobs.back()) != detail::push_result::queued) return false;
            jobs.pop_back();
        }
    }
    return true;
}

void drain(detail::mailbox& mailbox, owned_jobs& into) {
    auto taken = mailbox.take_all(std::nullopt);
    const auto count = taken.size();
    while (auto job = taken.pop_front()) into.push_back(std::move(job));
    mailbox.finished(count, 0, std::nullopt);
}

void drain(benchmark::State& state) {
    const auto jobs_each = static_cast<std::size_t>(state.range(0));
    micro::job_maker maker;
    owned_jobs jobs;
    for (std::size_t i = 0; i < jobs_in_all; ++i) jobs.push_back(maker.write());
    std::deque<detail::mailbox> mailboxes;
    while (mailboxes.size() < jobs_in_all / jobs_each) mailboxes.emplace_back(jobs_in_all, std::size_t{1});
    for (auto _ : state) {
        if (!fill(mailboxes, jobs_each, jobs)) state.SkipWithError("a job was refused");
        const auto begun = clock::now();
        for (auto& each : mailboxes) drain(each, jobs);
        state.SetIterationTime(std::chrono::duration<double>(clock::now() - begun).count());
        if (jobs.size() != jobs_in_all) state.SkipWithError("jobs were lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs_in_all));
}

}  // namespace

BENCHMARK(drain)->ArgName("jobs")->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseManualTime();
