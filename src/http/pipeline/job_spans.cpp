#include "http/pipeline/job_spans.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr steady_time never{};

// A job's spans follow each other: none begins before the last has ended.
class job_writer {
public:
    job_writer(span_writer& to, const traced_jobs::job& job, std::string_view operation,
               const telemetry::span_id& parent, telemetry::trace_id_source& ids)
        : to_(to),
          job_(job),
          timing_(job.timing),
          operation_(operation),
          parent_(parent),
          ids_(ids) {}

    void write() {
        const bool has_failed = !job_.failure.empty();
        auto waits_from = timing_.accepted;
        for (std::size_t i = 0; i < timing_.runs_kept(); ++i) {
            write_wait(waits_from, timing_.runs[i].begun, timing_.runs[i].lane);
            write_run(timing_.runs[i]);
            waits_from = timing_.runs[i].ended;
        }
        // It never ran, or was to run again.
        if (timing_.run_count == 0 || timing_.runs[timing_.runs_kept() - 1].is_given_up)
            return write_refusal(waits_from);
        const bool ran_well = !timing_.runs[timing_.runs_kept() - 1].has_failed;
        if (timing_.commit_begun != never) write_commit(has_failed && ran_well);
    }

private:
    json::writer begin(std::string_view name, steady_time from, steady_time until) {
        auto span = to_.begin(ids_.fresh_span(), &parent_, name, kind_internal, from, until);
        span.key("flags").integer(flag_sampled | flag_is_remote_known);
        span.key("attributes").begin_array();
        return span;
    }
    void end(json::writer& span, bool has_failed) {
        if (has_failed) add_text(span, "error.type", job_.failure);
        span.end_array();
        if (has_failed) add_error_status(span);
        span.end_object();
    }
    void write_wait(steady_time from, steady_time until, query_lane lane) {
        auto span = begin("carrel.queue", from, until);
        add_text(span, "carrel.lane", name_of(lane));
        if (timing_.is_stolen && lane == query_lane::background) add_truth(span, "carrel.stolen", true);
        end(span, false);
    }
    // It was refused, or its deadline passed, while it waited.
    void write_refusal(steady_time from) {
        auto span = begin("carrel.queue", from, std::max(from, job_.completed));
        end(span, !job_.failure.empty());
    }
    void write_run(const job_timing::run& run) {
        auto span = begin("carrel.run", run.begun, run.ended);
        add_text(span, "db.system", "sqlite");
        add_text(span, "db.operation.name", operation_);
        add_text(span, "carrel.lane", name_of(run.lane));
        if (run.is_given_up) add_truth(span, "carrel.given_up", true);
        end(span, run.has_failed && !run.is_given_up);
    }
    void write_commit(bool has_failed) {
        auto span = begin("carrel.commit", timing_.commit_begun, timing_.commit_ended);
        add_text(span, "db.system", "sqlite");
        add_number(span, "carrel.group_size", timing_.commit_jobs);
        if (timing_.commit_sequence != 0) add_number(span, "carrel.commit", timing_.commit_sequence);
        end(span, has_failed);
    }

    span_writer& to_;
    const traced_jobs::job& job_;
    const job_timing& timing_;
    const std::string_view operation_;
    const telemetry::span_id& parent_;
    telemetry::trace_id_source& ids_;
};

steady_time end_of(const traced_jobs::job& job) noexcept {
    auto end = std::max({job.timing.accepted, job.completed, job.timing.commit_ended});
    for (const auto& each : job.timing.runs) end = std::max(end, each.ended);
    return end;
}

}  // namespace

void append_job_spans(span_writer& to, const traced_jobs::job& job, std::string_view operation,
                      std::span<const parent_span> parents, telemetry::trace_id_source& ids) {
    const auto until = end_of(job);
    const parent_span* parent = &parents.front();
    for (const auto& each : parents)
        if (each.from <= job.timing.accepted && until <= each.until) parent = &each;
    job_writer(to, job, operation, parent->id, ids).write();
}

}  // namespace carrel::http
