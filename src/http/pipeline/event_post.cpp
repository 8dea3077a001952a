#include "http/pipeline/event_post.hpp"

#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr std::size_t slice_bytes = 64 * 1024;  // fed between two looks for a complete part

}  // namespace

struct event_post::store_work {
    event_post* post;
    result<siem::stored_part> operator()(write_session& session) const {
        post->ex_->reply.clear();
        return siem::store(session, *post->writing_, post->ex_->reply);
    }
};

event_post::event_post(exchange& ex, bool is_ndjson, bool is_gzip)
    : ex_(&ex),
      intake_(
          is_ndjson ? siem::event_intake::format::ndjson : siem::event_intake::format::json, ex.asked.now,
          [context = ex.context] { return context->fresh_id(); }, ex.asked.idempotency) {
    if (is_gzip) inflater_.emplace();
}

void event_post::end(bool cut) noexcept {
    ended_ = true;
    cut_ = cut;
}

void event_post::pump() {
    while (ex_->at != stage::done && advance()) {
    }
}

// One step; false if something else must happen first.
bool event_post::advance() {
    write_next();
    if (is_full()) return false;
    if (failed_) {
        if (!writing_) conclude_failed();
        return false;
    }
    if ((next_part_ = intake_.take_part())) return true;
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
    if (inflater_->is_broken()) return fail(refusal::bad_request, "The body is no valid gzip.");
    if (!unpacked.empty()) feed(unpacked);
}

void event_post::feed(std::string_view bytes) {
    unpacked_ += bytes.size();
    if (unpacked_ > ex_->context->server().bounds.event_bytes_max)
        return fail(refusal::too_large, "The events are larger than this server takes in one request.");
    if (auto why = intake_.feed(bytes)) failed_ = failure{refusal_of(why->code), std::move(*why), {}};
}

void event_post::finish_intake() {
    intake_finished_ = true;
    if (cut_ || (inflater_ && !inflater_->is_complete()))
        return fail(refusal::bad_request, "The body was cut off; `accepted` events were stored.");
    if (auto why = intake_.finish()) failed_ = failure{refusal_of(why->code), std::move(*why), {}};
}

void event_post::fail(refusal why, std::string detail) {
    failure made;
    made.why = why;
    made.told.detail = std::move(detail);
    failed_ = std::move(made);
}

void event_post::write_next() {
    if (writing_ || !next_part_) return;
    writing_ = std::move(next_part_);
    next_part_.reset();
    job_options asked;
    asked.deadline = ex_->deadline;
    asked.bytes = writing_->bytes;
    ex_->busy = true;
    auto home = [this](auto outcome) { stored(std::move(outcome)); };
    ex_->context->store().async_write(store_work{this}, asked, job_handler(*ex_, std::move(home)));
}

void event_post::stored(result<committed<siem::stored_part>> outcome) {
    ex_->busy = false;
    if (outcome) {
        ex_->commit = outcome->sequence;
        intake_.committed(*writing_, outcome->value);
    } else if (ex_->reply.refused) {
        failed_ = failure{refusal_of(ex_->reply.refused->code), std::move(*ex_->reply.refused), {}};
    } else {
        failed_ = failure{refusal::bad_request, {}, outcome.error()};
    }
    writing_.reset();
    if (!outcome) next_part_.reset();  // what follows a part that was not stored must not be stored either
    if (ex_->owner != nullptr) ex_->owner->exchange_advanced(*ex_);
    else ex_->context->give_back(*ex_);
}

void event_post::conclude_failed() {
    const auto failed = std::move(*failed_);
    auto extra = std::move(ex_->reply.extra);
    if (std::none_of(extra.begin(), extra.end(), [](const auto& member) { return member.first == "accepted"; }))
        extra.emplace_back("accepted", std::to_string(intake_.summary().accepted));
    if (failed.engine) ex_->refuse(*failed.engine, access::write, extra);
    else ex_->refuse(failed.why, failed.told.detail, failed.told.faults, extra);
}

void event_post::conclude() {
    const auto& summary = intake_.summary();
    if (summary.accepted == 0) {
        const std::pair<std::string, std::string> counts[] = {{"accepted", "0"},
                                                              {"rejected", std::to_string(summary.rejected)}};
        return ex_->refuse(refusal::invalid, "No event was accepted.", summary.faults, counts);
    }
    ex_->reply.clear();
    intake_.write_summary(ex_->reply.body);
    ex_->answer(201, content::json);
}

}  // namespace carrel::http
