#include "http/pipeline/body_choice.hpp"

#include "http/pipeline/admission.hpp"
#include "http/pipeline/dispatch.hpp"
#include "http/pipeline/event_post.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/pipeline/upload_post.hpp"
#include "http/protocol/content_coding.hpp"
#include "http/protocol/media_type.hpp"
#include "http/protocol/text.hpp"
#include "siem/events.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr std::uint64_t body_reserve_max = 16 * 1024;

void take_from_shipper(exchange& ex, const request_head& head) {
    ex.request.body_use = body_use::stream;
    auto body = ex.request.endpoint->shipper->make(ex.request.call);
    siem::intake_options options{
        ex.request.call.now, {}, {}, body->identity_scope(), ex.context->server().mappings->current()};
    const auto* shipper = body.get();
    ex.stream = std::make_unique<event_post>(ex, std::move(body), std::move(options),
                                             content_coding_of(head[field::content_encoding]), shipper);
}

void take_upload(exchange& ex, const request_head& head) {
    note_operation(ex);
    auto& call = ex.request.call;
    const auto& operation = *ex.request.operation;
    call.content_type = head[field::content_type];
    call.content_disposition = head[field::content_disposition];
    call.file_bytes_max = upload_bytes_max(ex);
    constexpr std::string_view form = "multipart/";
    const bool is_form = equals_ignoring_case(call.content_type.substr(0, form.size()), form);
    if (!is_form && head.content_length.value_or(0) > call.file_bytes_max) {
        ex.response.closes = true;
        return ex.refuse(refusal::too_large, "The file is larger than this server takes.");
    }
    if (const auto why = operation.check(operation, call)) return ex.refuse(*why);
    call.content_type = call.content_disposition = {};
    ex.request.body_use = body_use::stream;
    ex.stream = std::make_unique<upload_post>(ex);
}

}  // namespace

std::size_t upload_bytes_max(const exchange& ex) noexcept {
    const auto of_operation = ex.request.endpoint->operation->file_bytes_max;
    return of_operation != 0 ? of_operation : ex.context->server().bounds.upload_bytes_max;
}

void choose_body_use(exchange& ex, const request_head& head) {
    if (!ex.request.endpoint->takes_body()) return;
    if (ex.request.endpoint->takes_upload()) return take_upload(ex, head);
    if (!ex.request.endpoint->is_event_stream()) {
        ex.request.body_use = body_use::collect;
        // What is only announced costs little.
        ex.request.body.reserve(
            static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length.value_or(0), body_reserve_max)));
        return;
    }
    if (ex.request.endpoint->takes_shipper()) return take_from_shipper(ex, head);
    auto& call = ex.request.call;
    const auto& operation = *ex.request.endpoint->operation;
    if (call.idempotency) call.idempotency->fingerprint = fingerprint_of(head.method, ex.request.target, {});
    if (operation.check != nullptr) {
        if (const auto why = operation.check(operation, call)) return ex.refuse(*why);
    }
    ex.request.body_use = body_use::stream;
    const bool is_ndjson = media_type_of(head[field::content_type]) == media_type::ndjson;
    const auto& wanted = static_cast<const siem::ingest_input&>(*call.parsed);
    siem::intake_options options{
        call.now, call.idempotency, wanted.identity_path, {}, ex.context->server().mappings->current()};
    ex.stream = std::make_unique<event_post>(ex, siem::make_body(is_ndjson, wanted.unwrap), std::move(options),
                                             content_coding_of(head[field::content_encoding]));
}

}  // namespace carrel::http
