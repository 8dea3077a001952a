#include "http/pipeline/dispatch.hpp"

#include "http/pipeline/event_post.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/health.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/metrics_page.hpp"
#include "http/pipeline/shard_context.hpp"

namespace carrel::http {

namespace {

std::string_view method_name(siem::method method) noexcept {
    switch (method) {
        case siem::method::get: return "GET";
        case siem::method::post: return "POST";
        case siem::method::put: return "PUT";
        case siem::method::patch: return "PATCH";
        case siem::method::del: return "DELETE";
    }
    return {};
}

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
    ex.asked.body = ex.context->reader().parse(ex.body, failure);
    if (ex.asked.body == nullptr) refuse_json(ex, failure);
    return ex.asked.body != nullptr;
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
    const auto kind = ex.reply.kind;
    ex.answer(status_of(kind), kind == siem::outcome::no_content ? content::none : content::json);
}

bool matches(const match_condition& condition, std::int64_t version) noexcept {
    if (condition.any) return true;
    for (const auto wanted : condition.versions)
        if (wanted == version) return true;
    return false;
}

// If-Match and If-None-Match of a read; a write's condition is checked inside its transaction.
void answer_read(exchange& ex) {
    const auto version = ex.reply.version;
    if (version != 0 && ex.has_if_match && !matches(ex.if_match, version))
        return ex.refuse(refusal::stale_version, "The resource has another version.");
    if (version != 0 && !ex.if_none_match.empty() && names_version(ex.if_none_match, version))
        return ex.answer(304, content::none);
    answer_operation(ex);
}

bool is_refusal(const error& failure) noexcept { return failure.code() == make_error_code(siem::siem_errc::refused); }

void read_done(exchange& ex, const result<void>& outcome) {
    if (!outcome && is_refusal(outcome.error())) ex.refuse(*ex.reply.refused, ex.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), access::read);
    else answer_read(ex);
    ex.finish();
}

void write_done(exchange& ex, const result<committed<void>>& outcome) {
    if (outcome) ex.commit = outcome->sequence;
    // With an idempotency key a refusal is stored, so the write succeeds and yet refuses.
    if (ex.reply.refused && (outcome || is_refusal(outcome.error()))) ex.refuse(*ex.reply.refused, ex.reply.extra);
    else if (!outcome) ex.refuse(outcome.error(), access::write);
    else answer_operation(ex);
    ex.finish();
}

// Works hold a plain pointer: they may be destroyed on an actor's thread, the exchange waits for their handler.
struct read_work {
    exchange* ex;
    result<void> operator()(read_session& session) const {
        ex->reply.clear();
        const auto& operation = *ex->to->operation;
        return operation.read(operation, session, ex->asked, ex->reply);
    }
};

struct write_work {
    exchange* ex;

    result<void> operator()(write_session& session) const {
        const auto& versions = ex->if_match.versions;
        if (versions.size() < 2) return run(session);
        // A list: any of its versions will do, and a try with a stale one leaves nothing behind.
        result<void> outcome;
        for (const auto version : versions) {
            ex->asked.if_match = version;
            outcome = session.attempt([&] { return run(session); });
            const bool is_stale = ex->reply.refused && ex->reply.refused->code == siem::problem_code::stale_version;
            if (!is_stale) break;
        }
        return outcome;
    }

    result<void> run(write_session& session) const {
        ex->reply.clear();
        return siem::run_write(*ex->to->operation, session, ex->asked, ex->reply);
    }
};

job_options options_for(const exchange& ex) {
    job_options asked;
    asked.deadline = ex.deadline;
    asked.bytes = ex.body.size();
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
    if (ex.to->writes()) start_write(ex);
    else start_read(ex);
}

}  // namespace

void prepare(exchange& ex) {
    if (ex.to == nullptr || ex.to->what != action::operation || ex.events) return;
    const auto& operation = *ex.to->operation;
    if (ex.use == body_use::collect && !parse_body(ex)) return;
    if (ex.asked.idempotency)
        ex.asked.idempotency->fingerprint = fingerprint_of(method_name(operation.method), ex.target, ex.body);
    if (ex.how == method::post) ex.asked.fresh_id = ex.context->fresh_id();
    if (operation.check != nullptr) {
        if (auto why = operation.check(operation, ex.asked)) ex.refuse(*why);
    }
    ex.asked.body = nullptr;  // it lives in the shard's arena, which the next request reuses
}

void start(exchange& ex) {
    ex.at = stage::running;
    switch (ex.to->what) {
        case action::operation: return start_operation(ex);
        case action::live: return answer_live(ex);
        case action::ready: return start_ready(ex);
        case action::metrics: return answer_metrics(ex);
        case action::pool: return answer_pool(ex);
        case action::openapi: ex.reply.body = ex.context->server().openapi; return ex.answer(200, content::json);
    }
}

}  // namespace carrel::http
