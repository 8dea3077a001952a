#include "http/pipeline/dispatch.hpp"

#include "http/pipeline/event_post.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/health.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/metrics_page.hpp"
#include "http/pipeline/shard_context.hpp"

namespace carrel::http {

namespace {

void refuse_json(exchange& ex, const json::parse_failure& failure) {
    if (failure.duplicate.empty())
        return ex.refuse(refusal::bad_request, failure.detail + " at byte " + std::to_string(failure.offset) + ".");
    siem::fault twice;
    twice.field = failure.duplicate;
    twice.detail = failure.detail;
    ex.refuse(refusal::invalid, failure.detail, std::span(&twice, 1));
}

bool parse_body(exchange& ex) {
    json::parse_failure failure;
    ex.request.call.body = ex.context->reader().parse(ex.request.body, failure);
    if (ex.request.call.body == nullptr) refuse_json(ex, failure);
    return ex.request.call.body != nullptr;
}

unsigned short status_of(siem::outcome kind) noexcept {
    switch (kind) {
        case siem::outcome::ok: return 200;
        case siem::outcome::created: return 201;
        case siem::outcome::no_content: return 204;
    }
    return 500;
}

void answer_operation(exchange& ex) {
    const auto kind = ex.response.reply.kind;
    ex.answer(status_of(kind), kind == siem::outcome::no_content ? content::none : content::json);
}

// The preconditions of a read; those of a write are evaluated inside its transaction.
void answer_read(exchange& ex) {
    const auto version = ex.response.reply.version;
    const auto& conditions = ex.request.call.conditions;
    if (version != 0 && conditions.if_match && !conditions.if_match->names(version))
        return ex.refuse(refusal::stale_version, "The resource has another version.");
    if (version != 0 && conditions.if_none_match && conditions.if_none_match->names(version))
        return ex.answer(304, content::none);
    answer_operation(ex);
}

bool is_refusal(const error& failure) noexcept { return failure.code() == make_error_code(siem::siem_errc::refused); }

void read_done(exchange& ex, const result<void>& outcome) {
    if (!outcome && is_refusal(outcome.error())) ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), access::read);
    else answer_read(ex);
    ex.finish();
}

void write_done(exchange& ex, const result<committed<void>>& outcome) {
    if (outcome) ex.response.commit = outcome->sequence;
    // With an idempotency key a refusal is stored, so the write succeeds and yet refuses.
    if (ex.response.reply.refused && (outcome || is_refusal(outcome.error())))
        ex.refuse(*ex.response.reply.refused, ex.response.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), access::write);
    else answer_operation(ex);
    ex.finish();
}

// Works hold a plain pointer: they may be destroyed on an actor's thread, the exchange waits for their handler.
struct read_work {
    exchange* ex;
    result<void> operator()(read_session& session) const {
        ex->response.reply.clear();
        const auto& operation = *ex->request.endpoint->operation;
        return operation.read(operation, session, ex->request.call, ex->response.reply);
    }
};

struct write_work {
    exchange* ex;
    result<void> operator()(write_session& session) const {
        ex->response.reply.clear();
        return siem::run_write(*ex->request.endpoint->operation, session, ex->request.call, ex->response.reply);
    }
};

job_options options_for(const exchange& ex) {
    job_options asked;
    asked.deadline = ex.request.deadline;
    asked.bytes = ex.request.body.size();
    return asked;
}

void start_read(exchange& ex) {
    ex.busy = true;
    auto home = [&ex](const result<void>& outcome) { read_done(ex, outcome); };
    ex.context->store().async_read(read_work{&ex}, options_for(ex), job_handler(ex, home));
}

void start_write(exchange& ex) {
    ex.busy = true;
    auto home = [&ex](const result<committed<void>>& outcome) { write_done(ex, outcome); };
    ex.context->store().async_write(write_work{&ex}, options_for(ex), job_handler(ex, home));
}

void start_operation(exchange& ex) {
    if (ex.events) return ex.events->pump();
    if (ex.request.endpoint->writes()) start_write(ex);
    else start_read(ex);
}

}  // namespace

void prepare(exchange& ex) {
    if (ex.request.endpoint == nullptr || ex.request.endpoint->what != action::operation || ex.events) return;
    const auto& operation = *ex.request.endpoint->operation;
    if (ex.request.body_use == body_use::collect && !parse_body(ex)) return;
    if (ex.request.call.idempotency)
        ex.request.call.idempotency->fingerprint =
            fingerprint_of(name_of(ex.request.method), ex.request.target, ex.request.body);
    if (ex.request.method == method::post) ex.request.call.fresh_id = ex.context->fresh_id();
    if (operation.check != nullptr) {
        if (auto why = operation.check(operation, ex.request.call)) ex.refuse(*why);
    }
    ex.request.call.body = nullptr;  // it lives in the shard's arena, which the next request reuses
}

void start(exchange& ex) {
    ex.stage = stage::running;
    switch (ex.request.endpoint->what) {
        case action::operation: return start_operation(ex);
        case action::live: return answer_live(ex);
        case action::ready: return start_ready(ex);
        case action::metrics: return answer_metrics(ex);
        case action::pool: return answer_pool(ex);
        case action::openapi:
            ex.response.reply.body = ex.context->server().openapi;
            return ex.answer(200, content::json);
    }
}

}  // namespace carrel::http
