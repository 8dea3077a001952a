#include "http/pipeline/dispatch.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/shard_context.hpp"

#include <new>

namespace carrel::http {

namespace {

siem::problem problem_of(const json::parse_failure& failure) {
    if (failure.duplicate.empty())
        return {
            siem::problem_code::bad_request, failure.detail + " at byte " + std::to_string(failure.offset) + ".", {}};
    return {siem::problem_code::invalid, failure.detail, {{failure.duplicate, 0, failure.detail}}};
}

// With an idempotency key the first outcome is kept, a refusal too, so it must go through the writer.
void refuse_checked(exchange& ex, siem::problem why) {
    if (ex.request.call.idempotency) ex.request.call.refused_by_check = std::move(why);
    else ex.refuse(why);
}

bool parse_body(exchange& ex) {
    json::parse_failure failure;
    try {
        ex.request.call.body = ex.context->reader().parse(ex.request.body, failure);
        ex.request.call.members_left_out = ex.context->reader().members_left_out();
    } catch (const std::bad_alloc&) {
        ex.context->note_failure("no memory to parse a body", {}, ex.request.id);
        ex.refuse(refusal::overloaded, "The server has no memory for this body; it is safe to try again later.");
        return false;
    }
    if (ex.request.call.body == nullptr) refuse_checked(ex, problem_of(failure));
    return ex.request.call.body != nullptr;
}

}  // namespace

void note_operation(exchange& ex) {
    auto& request = ex.request;
    request.operation = request.endpoint->operation;
    if (request.method != method::get) request.call.fresh_id = ex.context->fresh_id();
    const auto& what = *request.operation;
    if (!what.is_write() && !what.is_audited && what.note == nullptr) return;
    request.call.address = request.client_address.text();
    request.call.request_id = request.id;
}

void prepare(exchange& ex) {
    auto& request = ex.request;
    if (request.endpoint == nullptr || request.endpoint->what != action::operation || ex.stream) return;
    const auto& operation = *request.endpoint->operation;
    note_operation(ex);  // a body that is refused under a key is the operation's all the same
    if (request.call.idempotency)
        request.call.idempotency->fingerprint = fingerprint_of(name_of(request.method), request.target, request.body);
    if (request.endpoint->takes_file()) request.call.file = request.body;
    else if (request.body_use == body_use::collect && !parse_body(ex)) return;
    if (operation.check != nullptr) {
        if (auto why = operation.check(operation, request.call)) refuse_checked(ex, std::move(*why));
    }
    request.call.body = nullptr;  // it lives in the shard's arena, which the next request reuses
}

}  // namespace carrel::http
