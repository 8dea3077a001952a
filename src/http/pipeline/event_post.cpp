#include "http/pipeline/event_post.hpp"

#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>
#include <chrono>

namespace carrel::http {

namespace {

constexpr std::size_t slice_bytes = 16 * 1024;  // fed between two looks at the clock
constexpr std::chrono::milliseconds turn_time_max{1};
constexpr std::uint64_t ratio_free_bytes = 1u << 20;  // however well they were packed

}  // namespace

struct event_post::store_work {
    event_post* post;
    result<siem::stored_part> operator()(write_session& session) const {
        post->ex_->response.reply.clear();
        return siem::store(session, *post->writing_, post->ex_->response.reply);
    }
};

event_post::event_post(exchange& ex, bool is_ndjson, bool is_gzip)
    : ex_(&ex),
      intake_(
          is_ndjson ? siem::event_intake::format::ndjson : siem::event_intake::format::json, ex.request.call.now,
          [context = ex.context] { return context->fresh_uuid(); }, ex.request.call.idempotency) {
    if (is_gzip) inflater_.emplace();
}

event_post::end_reason event_post::end_reason_of(refusal why) noexcept {
    return why == refusal::request_timeout ? end_reason::too_slow : end_reason::cut_off;
}

void event_post::end(end_reason why) noexcept { ended_ = why; }

void event_post::take(std::string_view bytes) {
    packed_ += bytes.size();
    raw_.append(bytes);
}

event_post::progress event_post::pump() {
    const auto until = std::chrono::steady_clock::now() + turn_time_max;
    has_yielded_ = false;
    while (!ex_->is_done() && advance()) {
        if (std::chrono::steady_clock::now() < until) continue;
        has_yielded_ = true;
        return progress::yielded;
    }
    return progress::waits;
}

// One step; false if something else must happen first.
bool event_post::advance() {
    write_next();
    if (is_full()) return false;
    if (failed_) {
        if (!writing_) conclude_failed();
        return false;
    }
    take_part();
    if (next_part_ || failed_) return true;
    if (raw_at_ < raw_.size() || is_inflating_) {
        feed_some();
        return true;
    }
    raw_.clear();
    raw_at_ = 0;
    if (!ended_) return false;
    if (!intake_finished_) {
        finish_intake();
        return true;
    }
    if (!writing_) conclude();
    return false;
}

void event_post::take_part() {
    next_part_ = intake_.take_part();
    if (!next_part_) return;
    const auto& bounds = ex_->context->server().bounds;
    events_ += static_cast<std::size_t>(next_part_->events);
    store_bytes_ += next_part_->bytes;
    if (events_ <= bounds.events_max && store_bytes_ <= bounds.event_store_bytes_max) return;
    next_part_.reset();
    fail(refusal::too_large, "The events are more than this server takes in one request.");
}

void event_post::feed_some() {
    auto rest = std::string_view(raw_).substr(raw_at_);
    if (!inflater_) {
        const auto slice = rest.substr(0, slice_bytes);
        raw_at_ += slice.size();
        return feed(slice);
    }
    const auto before = rest.size();
    const auto unpacked = inflater_->step(rest);
    raw_at_ += before - rest.size();
    is_inflating_ = !unpacked.empty();
    if (inflater_->is_broken())
        return fail(refusal::bad_request, "The body is not valid gzip, or something follows it.");
    if (!unpacked.empty()) feed(unpacked);
}

void event_post::feed(std::string_view bytes) {
    unpacked_ += bytes.size();
    if (unpacked_ > ex_->context->server().bounds.event_bytes_max)
        return fail(refusal::too_large, "The events are larger than this server takes in one request.");
    if (unpacked_ > ratio_free_bytes && unpacked_ / ex_->context->server().bounds.unpack_ratio_max > packed_)
        return fail(refusal::too_large, "The body unpacks to more than this server takes for its size.");
    if (auto why = intake_.feed(bytes)) failed_ = failure{refusal_of(why->code), std::move(*why), {}};
}

void event_post::finish_intake() {
    intake_finished_ = true;
    if (ended_ == end_reason::too_slow)
        return fail(refusal::request_timeout, "The body did not arrive in time; `accepted` events were stored.");
    if (ended_ == end_reason::cut_off || (inflater_ && !inflater_->is_complete()))
        return fail(refusal::bad_request, "The body was cut off; `accepted` events were stored.");
    if (auto why = intake_.finish()) failed_ = failure{refusal_of(why->code), std::move(*why), {}};
}

void event_post::fail(refusal why, std::string detail) {
    failure made;
    made.why = why;
    made.problem.detail = std::move(detail);
    failed_ = std::move(made);
}

void event_post::write_next() {
    if (writing_ || !next_part_) return;
    writing_ = std::move(next_part_);
    next_part_.reset();
    send_part();
}

// Bulk, so that a single mutation beside it need not wait for a part of many events.
void event_post::send_part() {
    job_options settings;
    settings.priority = priority::bulk;
    settings.deadline = ex_->request.deadline;
    settings.bytes = writing_->bytes;
    ex_->busy = true;
    auto done = [this](auto outcome) { stored(std::move(outcome)); };
    ex_->context->store().async_write(store_work{this}, settings, as_result(job_handler(*ex_, std::move(done))));
}

void event_post::stored(result<committed<siem::stored_part>> outcome) {
    ex_->busy = false;
    if (outcome) {
        ex_->response.commit = outcome->sequence;
        intake_.committed(*writing_, outcome->value);
        ex_->context->server().announce_events();
    } else if (ex_->response.reply.refused) {
        failed_ = failure{refusal_of(ex_->response.reply.refused->code), std::move(*ex_->response.reply.refused), {}};
    } else {
        failed_ = failure{refusal::bad_request, {}, outcome.error()};
    }
    writing_.reset();
    if (!outcome) next_part_.reset();  // what follows a part that was not stored must not be stored either
    if (ex_->owner != nullptr) ex_->owner->exchange_advanced(*ex_);
    else ex_->context->retire(*ex_);
}

void event_post::conclude_failed() {
    const auto failed = std::move(*failed_);
    auto extra = std::move(ex_->response.reply.extra);
    if (std::none_of(extra.begin(), extra.end(), [](const auto& member) { return member.first == "accepted"; }))
        extra.emplace_back("accepted", std::to_string(intake_.summary().accepted));
    if (failed.engine) ex_->refuse(*failed.engine, access::write, extra);
    else ex_->refuse(failed.why, failed.problem.detail, failed.problem.faults, extra);
}

void event_post::conclude() {
    const auto& summary = intake_.summary();
    if (summary.accepted == 0) {
        const std::pair<std::string, std::string> counts[] = {{"accepted", "0"},
                                                              {"rejected", std::to_string(summary.rejected)}};
        return ex_->refuse(refusal::invalid, "No event was accepted.", summary.faults, counts);
    }
    ex_->response.reply.clear();
    intake_.write_summary(ex_->response.reply.body);
    ex_->answer(201, content::json);
}

}  // namespace carrel::http
