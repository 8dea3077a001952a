#include "http/pipeline/event_post.hpp"

#include "base/inflater.hpp"
#include "base/zstd_unpacker.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carrel::http {

namespace {

constexpr std::size_t slice_bytes = 16 * 1024;  // fed between two looks at the clock
constexpr std::chrono::milliseconds turn_time_max{1};
constexpr std::uint64_t ratio_free_bytes = 1u << 20;  // however well they were packed

std::size_t packed_size(const siem::event_part& part) noexcept {
    std::size_t size = 0;
    for (const auto& each : part.segments) size += each.columns.size() + each.filter.size() + each.data.size();
    return size;
}

}  // namespace

struct event_post::store_work {
    event_post* post;
    result<std::vector<siem::stored_part>> operator()(write_session& session) const {
        std::vector<siem::stored_part> all;
        for (const siem::event_part& each : post->writing_) {
            post->ex_->response.reply.clear();
            auto stored = siem::store(session, each, post->ex_->response.reply);
            if (!stored) return stored.error();
            all.push_back(std::move(*stored));
        }
        return all;
    }
};

event_post::event_post(exchange& ex, std::unique_ptr<siem::event_body> body, siem::intake_options options,
                       content_coding coding, const shippers::shipper_body* shipper)
    : ex_(&ex),
      intake_(std::move(body), std::move(options), [context = ex.context] { return context->fresh_uuid(); }),
      shipper_(shipper) {
    if (coding == content_coding::gzip) unpacker_ = std::make_unique<base::inflater>();
    if (coding == content_coding::zstd) unpacker_ = std::make_unique<base::zstd_unpacker>();
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
        if (!is_writing()) conclude_failed();
        return false;
    }
    take_part();
    if (next_part_ || failed_) return true;
    if (has_input()) {
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
    if (is_writing()) return false;
    if (!kept_.empty()) {
        writing_ = std::exchange(kept_, {});
        send_parts();
        return false;
    }
    conclude();
    return false;
}

void event_post::take_part() {
    next_part_ = intake_.take_part();
    if (!next_part_) return;
    const auto& bounds = ex_->context->server().bounds;
    events_ += static_cast<std::size_t>(next_part_->events);
    store_bytes_ += next_part_->bytes;
    const bool fits = events_ <= bounds.events_max && store_bytes_ <= bounds.event_store_bytes_max;
    if (fits && shipper_ != nullptr) kept_.push_back(std::move(*next_part_));
    if (!fits || shipper_ != nullptr) next_part_.reset();
    if (fits) return;
    fail(refusal::too_large, "The events are more than this server takes in one request.");
}

void event_post::feed_some() {
    auto rest = std::string_view(raw_).substr(raw_at_);
    if (!unpacker_) {
        auto slice = rest.substr(0, slice_bytes);
        const auto before = slice.size();
        feed(slice);
        raw_at_ += before - slice.size();
        return;
    }
    if (!unpacked_rest_.empty() || has_more_) return feed(unpacked_rest_);
    const auto before = rest.size();
    unpacked_rest_ = unpacker_->step(rest);
    raw_at_ += before - rest.size();
    is_unpacking_ = !unpacked_rest_.empty();
    if (unpacker_->is_broken())
        return fail(refusal::bad_request, std::string("The body ").append(unpacker_->why()).append("."));
    if (!unpacked_rest_.empty()) feed(unpacked_rest_);
}

// Takes off the front of `bytes` what was cut.
void event_post::feed(std::string_view& bytes) {
    const auto before = bytes.size();
    has_more_ = intake_.feed_some(bytes);
    unpacked_ += before - bytes.size();
    if (!is_within_bounds()) return;
    if (const auto& why = intake_.broken()) failed_ = failure{refusal_of(why->code), *why, {}};
}

bool event_post::is_within_bounds() {
    const auto& bounds = ex_->context->server().bounds;
    if (unpacked_ > bounds.event_bytes_max)
        fail(refusal::too_large, "The events are larger than this server takes in one request.");
    else if (unpacked_ > ratio_free_bytes && unpacked_ / bounds.unpack_ratio_max > packed_)
        fail(refusal::too_large, "The body unpacks to more than this server takes for its size.");
    return !failed_;
}

// Again and again, where the body holds many events that only its end lets go.
void event_post::finish_intake() {
    if (ended_ == end_reason::complete && (!unpacker_ || unpacker_->is_complete())) {
        intake_finished_ = !intake_.finish_some();
        if (const auto& why = intake_.broken()) failed_ = failure{refusal_of(why->code), *why, {}};
        return;
    }
    intake_finished_ = true;
    if (ended_ == end_reason::too_slow)
        return fail(refusal::request_timeout, "The body did not arrive in time; `accepted` events were stored.");
    if (ended_ == end_reason::no_room)
        return fail(refusal::overloaded, "Too much is being received already; `accepted` events were stored.");
    fail(refusal::bad_request, "The body was cut off; `accepted` events were stored.");
}

void event_post::fail(refusal why, std::string detail) {
    failure made;
    made.why = why;
    made.problem.detail = std::move(detail);
    failed_ = std::move(made);
}

void event_post::write_next() {
    if (is_writing() || !next_part_) return;
    writing_.push_back(std::move(*next_part_));
    next_part_.reset();
    send_parts();
}

// Bulk, so that a single mutation beside it need not wait for a part of many events.
void event_post::send_parts() {
    job_options settings = ex_->job_settings();
    settings.priority = priority::bulk;
    // What many parts of a shipper's take, packed: their texts may be more than the queue may ever hold.
    for (const siem::event_part& each : writing_)
        settings.bytes += shipper_ != nullptr ? packed_size(each) : each.bytes;
    ex_->busy = true;
    auto done = [this](auto outcome) { stored(std::move(outcome)); };
    ex_->context->store().async_write(store_work{this}, settings, as_result(job_handler(*ex_, std::move(done))));
}

void event_post::stored(result<committed<std::vector<siem::stored_part>>> outcome) {
    ex_->busy = false;
    if (outcome) {
        ex_->response.commit = outcome->sequence;
        for (std::size_t i = 0; i < writing_.size(); ++i) {
            intake_.committed(writing_[i], outcome->value[i]);
            ex_->context->status().ingest.add(outcome->value[i], writing_[i].bytes);
        }
        ex_->context->server().announce_events();
    } else if (ex_->response.reply.refused) {
        failed_ = failure{refusal_of(ex_->response.reply.refused->code), std::move(*ex_->response.reply.refused), {}};
    } else {
        failed_ = failure{refusal::bad_request, {}, outcome.error()};
    }
    writing_.clear();
    if (!outcome) next_part_.reset();  // what follows a part that was not stored must not be stored either
    if (ex_->owner != nullptr) ex_->owner->exchange_advanced(*ex_);
    else ex_->context->retire(*ex_);
}

void event_post::conclude_failed() {
    count_rejected();
    const auto failed = std::move(*failed_);
    auto extra = std::move(ex_->response.reply.extra);
    if (std::none_of(extra.begin(), extra.end(), [](const auto& member) { return member.first == "accepted"; }))
        extra.emplace_back("accepted", std::to_string(intake_.summary().accepted));
    if (failed.engine && intake_.summary().accepted > 0) ex_->refuse_rest(*failed.engine, extra);
    else if (failed.engine) ex_->refuse(*failed.engine, session_kind::write, extra);
    else ex_->refuse(failed.why, failed.problem.detail, failed.problem.faults, extra);
}

void event_post::count_rejected() noexcept {
    ingest_counts::grow(ex_->context->status().ingest.rejected, static_cast<std::uint64_t>(intake_.summary().rejected));
}

void event_post::conclude() {
    count_rejected();
    if (shipper_ != nullptr) return conclude_shipper();
    const auto& summary = intake_.summary();
    if (summary.accepted == 0 && summary.duplicates == 0) {
        const std::pair<std::string, std::string> counts[] = {{"accepted", "0"},
                                                              {"rejected", std::to_string(summary.rejected)}};
        return ex_->refuse(refusal::invalid, "No event was accepted.", summary.faults, counts);
    }
    ex_->response.reply.clear();
    intake_.write_summary(ex_->response.reply.body);
    ex_->answer(summary.accepted == 0 ? 200 : 201, content::json);
}

void event_post::conclude_shipper() {
    auto& reply = ex_->response.reply;
    reply.clear();
    const auto status = shipper_->answer(intake_.summary(), reply.body);
    ex_->answer(status, reply.body.empty() ? content::none : content::json);
}

}  // namespace carrel::http
