#include "http/pipeline/upload_post.hpp"

#include "http/pipeline/admission.hpp"
#include "http/pipeline/dispatch.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"

#include <chrono>
#include <utility>

namespace carrel::http {

namespace {

constexpr std::size_t slice_bytes = 32 * 1024;  // fed between two looks at the clock
constexpr std::chrono::milliseconds turn_time_max{1};

bool is_refusal(const error& failure) noexcept { return failure.code() == make_error_code(siem::siem_errc::refused); }

}  // namespace

struct upload_post::chunk_work {
    upload_post* post;
    result<std::int64_t> operator()(write_session& session) const {
        return siem::append_to_blob(session, post->of().blob(), post->writing_, post->written_at_);
    }
};

// What no record adopts, as the outcome was that of an earlier request with the same key, is given up in the same transaction.
struct upload_post::final_work {
    upload_post* post;
    result<void> operator()(write_session& session) const {
        auto& ex = *post->ex_;
        ex.response.reply.clear();
        if (auto done = siem::run_write(*ex.request.operation, session, ex.request.call, ex.response.reply); !done)
            return done;
        return siem::give_up_blob(session, post->of().blob());
    }
};

void upload_post::take(std::string_view bytes) { raw_.append(bytes); }

// What it holds, and not what has come: that is in the database by now. By whole chunks, so that the claim seldom changes.
std::size_t upload_post::room_for(std::uint64_t) const noexcept {
    const std::size_t held = raw_.size() + of().pending().size() + writing_.size();
    return (held + siem::chunk_bytes - 1) / siem::chunk_bytes * siem::chunk_bytes;
}

body_stream::progress upload_post::pump() {
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
bool upload_post::advance() {
    if (!ex_->busy && start_next_job()) return true;
    if (failed_ || ex_->is_done()) return false;
    if (has_input()) {
        if (of().has_chunks()) return false;
        feed_some();
        return true;
    }
    raw_.clear();
    raw_at_ = 0;
    if (!ended_ || is_finished_) return false;
    finish_body();
    return true;
}

// False if there is none to start.
bool upload_post::start_next_job() {
    if (failed_) {
        if (of().blob() != 0 && !is_adopted_) give_up();
        else conclude_failed();
        return false;
    }
    if (!is_admission_checked_) check_admission();
    else if (of().has_chunks()) send_chunks();
    else if (is_finished_) send_final();
    return ex_->busy;
}

void upload_post::feed_some() {
    const auto slice = std::string_view(raw_).substr(raw_at_, slice_bytes);
    raw_at_ += slice.size();
    if (auto why = of().take(slice)) fail(std::move(*why));
}

void upload_post::finish_body() {
    is_finished_ = true;
    if (ended_ == end_reason::too_slow) return fail(refusal::request_timeout, "The file did not arrive in time.");
    if (ended_ == end_reason::cut_off) return fail(refusal::bad_request, "The file was cut off.");
    if (ended_ == end_reason::no_room) return fail(refusal::overloaded, std::string(too_much_in_flight));
    if (auto why = of().finish()) return fail(std::move(*why));
    auto& call = ex_->request.call;
    if (call.idempotency)
        call.idempotency->fingerprint =
            fingerprint_of(name_of(ex_->request.method), ex_->request.target, of().identity());
}

// Before the first chunk is written; bytes are taken meanwhile.
void upload_post::check_admission() {
    is_admission_checked_ = true;
    const auto& operation = *ex_->request.operation;
    if (operation.admit == nullptr) return;
    auto work = [ex = ex_](read_session& session) -> result<void> {
        ex->response.reply.clear();
        return ex->request.operation->admit(*ex->request.operation, session, ex->request.call, ex->response.reply);
    };
    ex_->busy = true;
    auto done = [this](const result<void>& outcome) { admission_checked(outcome); };
    job_options settings = ex_->job_settings();
    ex_->context->store().async_read(std::move(work), settings, as_result(job_handler(*ex_, std::move(done))));
}

// Bulk, so that a single mutation beside it need not wait for them.
void upload_post::send_chunks() {
    writing_ = of().take_chunks();
    written_at_ = ex_->context->now();
    job_options settings = ex_->job_settings();
    settings.priority = priority::bulk;
    settings.bytes = writing_.size();
    ex_->busy = true;
    auto done = [this](const result<committed<std::int64_t>>& outcome) { chunks_stored(outcome); };
    ex_->context->store().async_write(chunk_work{this}, settings, as_result(job_handler(*ex_, std::move(done))));
}

void upload_post::send_final() {
    job_options settings = ex_->job_settings();
    settings.bytes = of().pending().size();
    ex_->busy = true;
    auto done = [this](const result<committed<void>>& outcome) { final_done(outcome); };
    ex_->context->store().async_write(final_work{this}, settings, as_result(job_handler(*ex_, std::move(done))));
}

void upload_post::give_up() {
    is_adopted_ = true;
    job_options settings = ex_->job_settings();
    settings.deadline.reset();
    settings.priority = priority::bulk;
    auto work = [blob = of().blob()](write_session& session) { return siem::give_up_blob(session, blob); };
    ex_->busy = true;
    // If it fails, the periodic removal of what is filled for too long finds it.
    auto done = [this](const result<committed<void>>&) { job_over(); };
    ex_->context->store().async_write(std::move(work), settings, as_result(job_handler(*ex_, std::move(done))));
}

void upload_post::admission_checked(const result<void>& outcome) {
    if (!outcome && is_refusal(outcome.error())) fail(std::move(*ex_->response.reply.refused));
    else if (!outcome) fail(outcome.error());
    job_over();
}

void upload_post::chunks_stored(const result<committed<std::int64_t>>& outcome) {
    writing_ = {};
    (void)hold_body(*ex_);  // what was written is not held any longer
    if (!outcome) fail(outcome.error());
    else if (outcome->value == 0) fail(refusal::request_timeout, "The upload took too long and was given up.");
    else of().stored(outcome->value);
    job_over();
}

void upload_post::final_done(const result<committed<void>>& outcome) {
    is_adopted_ = outcome.has_value();
    if (outcome) {
        ex_->response.commit = outcome->sequence;
        if (ex_->owner != nullptr) conclude_write(*ex_, {});
    } else if (is_refusal(outcome.error())) {
        fail(std::move(*ex_->response.reply.refused));
    } else {
        fail(outcome.error());
    }
    job_over();
}

void upload_post::job_over() {
    ex_->busy = false;
    if (ex_->owner != nullptr) return ex_->owner->exchange_advanced(*ex_);
    if (!abandon()) ex_->context->retire(*ex_);
}

bool upload_post::abandon() {
    if (of().blob() == 0 || is_adopted_ || ex_->is_done()) return false;
    give_up();
    return true;
}

void upload_post::fail(refusal why, std::string detail) {
    failure made;
    made.why = why;
    made.problem.detail = std::move(detail);
    failed_ = std::move(made);
}

void upload_post::fail(siem::problem why) {
    failure made;
    made.why = refusal_of(why.code);
    made.problem = std::move(why);
    failed_ = std::move(made);
}

void upload_post::fail(const error& why) {
    failure made;
    made.engine = why;
    failed_ = std::move(made);
}

void upload_post::conclude_failed() {
    const auto failed = std::move(*failed_);
    if (failed.engine) ex_->refuse(*failed.engine, session_kind::write);
    else ex_->refuse(failed.why, failed.problem.detail, failed.problem.faults);
}

}  // namespace carrel::http
