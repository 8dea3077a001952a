#include "http/pipeline/admission.hpp"

#include "http/pipeline/event_post.hpp"
#include "http/pipeline/fingerprint.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/protocol/media_type.hpp"
#include "http/protocol/target.hpp"
#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr std::uint64_t deadline_ms_max = 60'000;
constexpr std::uint64_t body_reserve_max = 16 * 1024;
constexpr std::size_t name_bytes_max = 128;  // of request ids and idempotency keys

bool is_request_id(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), fits);
}

bool is_idempotency_key(std::string_view text) noexcept {
    return !text.empty() && text.size() <= name_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Each step refuses the exchange and returns false, or lets it pass.

bool pass_host(exchange& ex, const request_head& head, std::string_view authority) {
    if ((head.is_http11 && !head.has(field::host)) || ((head.repeated >> static_cast<unsigned>(field::host)) & 1u) ||
        (head.has(field::host) && !is_valid_host(head[field::host]))) {
        ex.refuse(refusal::bad_request, "A request needs exactly one valid Host.");
        ex.must_close = true;
        return false;
    }
    const auto host = authority.empty() ? head[field::host] : authority;
    // HTTP/1.0 knows no Host; a browser, which could be tricked into asking, always sends one.
    if (host.empty() || ex.context->server().hosts.allows(host)) return true;
    ex.refuse(refusal::forbidden_host, "This server does not answer for that host.");
    return false;
}

bool pass_repeated(exchange& ex, const request_head& head) {
    if (head.repeated == 0) return true;
    ex.refuse(refusal::bad_request, "A header field that may come once came twice.");
    return false;
}

bool pass_origin(exchange& ex, const request_head& head) {
    if (!is_mutation(ex.how) || !head.has(field::origin) ||
        ex.context->server().hosts.allows_origin(head[field::origin]))
        return true;
    ex.refuse(refusal::forbidden_origin, "Writes from a foreign origin are refused.");
    return false;
}

bool answer_options(exchange& ex, method_set methods) {
    ex.allow = methods;
    ex.tells_allow = true;
    ex.answer(204, content::none);
    return false;
}

bool pass_route(exchange& ex, const target_parts& parts) {
    constexpr method_set all_methods = 0x1f;
    if (parts.path == "*") {
        if (ex.how == method::options) return answer_options(ex, all_methods);
        ex.refuse(refusal::bad_request, "Only OPTIONS may ask for *.");
        return false;
    }
    const auto found = ex.context->server().routes.find(parts.path, ex.how, ex.asked.path);
    if (found.is_badly_encoded) {
        ex.refuse(refusal::bad_request, "The path is badly encoded.");
    } else if (found.methods == 0) {
        ex.refuse(refusal::not_found, "There is nothing at this path.");
    } else if (ex.how == method::options) {
        return answer_options(ex, found.methods);
    } else if (found.to == nullptr) {
        ex.allow = found.methods;
        ex.tells_allow = true;
        ex.refuse(refusal::method_not_allowed, "Allowed here: " + allow_text(found.methods) + ".");
    } else {
        ex.to = found.to;
        return true;
    }
    return false;
}

bool pass_query(exchange& ex, std::string_view query) {
    if (decode_query(query, ex.asked.query)) return true;
    ex.refuse(refusal::bad_request, "The query is badly encoded.");
    return false;
}

bool pass_expect(exchange& ex, const request_head& head) {
    if (!head.has(field::expect) || !head.is_http11) return true;
    if (equals_ignoring_case(head[field::expect], "100-continue")) {
        ex.expects_continue = head.has_body();
        return true;
    }
    ex.refuse(refusal::expectation_failed, "Only 100-continue can be expected.");
    return false;
}

bool is_accepted(siem::body_kind kind, media_type given) noexcept {
    switch (kind) {
        case siem::body_kind::none: return true;
        case siem::body_kind::json: return given == media_type::json;
        case siem::body_kind::merge_patch: return given == media_type::json || given == media_type::merge_patch;
        case siem::body_kind::event_stream: return given == media_type::json || given == media_type::ndjson;
    }
    return false;
}

bool pass_media_type(exchange& ex, const request_head& head) {
    if (!ex.to->takes_body()) return true;
    if (!is_accepted(ex.to->operation->body, media_type_of(head[field::content_type]))) {
        ex.refuse(refusal::unsupported_media_type, "This Content-Type is not taken here.");
        return false;
    }
    const auto encoding = head[field::content_encoding];
    const bool is_gzip = equals_ignoring_case(encoding, "gzip") || equals_ignoring_case(encoding, "x-gzip");
    if (encoding.empty() || equals_ignoring_case(encoding, "identity") || (is_gzip && ex.to->is_event_stream()))
        return true;
    ex.refuse(refusal::unsupported_media_type, "This Content-Encoding is not taken here.");
    return false;
}

bool pass_deadline(exchange& ex, const request_head& head) {
    if (!head.has(field::timeout)) return true;
    const auto asked = parse_digits(head[field::timeout]);
    if (asked && *asked >= 1 && *asked <= deadline_ms_max) {
        ex.deadline = std::chrono::milliseconds(*asked);
        return true;
    }
    ex.refuse(refusal::bad_request, "Carrel-Timeout-Ms must be a number from 1 to 60000.");
    return false;
}

bool pass_conditions(exchange& ex, const request_head& head) {
    if (head.has(field::if_none_match)) ex.if_none_match.assign(head[field::if_none_match]);
    if (!head.has(field::if_match)) return true;
    auto condition = parse_if_match(head[field::if_match]);
    if (!condition) {
        ex.refuse(refusal::bad_request, "If-Match must be * or a list of entity tags.");
        return false;
    }
    ex.if_match = std::move(*condition);
    ex.has_if_match = true;
    ex.asked.if_match_any = ex.if_match.any;
    if (!ex.if_match.any) ex.asked.if_match = ex.if_match.versions.front();
    return true;
}

bool pass_idempotency(exchange& ex, const request_head& head) {
    if (ex.how != method::post || !head.has(field::idempotency_key)) return true;
    if (!is_idempotency_key(head[field::idempotency_key])) {
        ex.refuse(refusal::bad_request, "Idempotency-Key must be 1 to 128 visible ASCII characters.");
        return false;
    }
    // The fingerprint follows when the body is there; a streamed one is fingerprinted part by part.
    ex.asked.idempotency = siem::idempotency{std::string(head[field::idempotency_key]), {}};
    return true;
}

bool pass_length(exchange& ex, const request_head& head) {
    const auto& bounds = ex.context->server().bounds;
    const bool is_stream = ex.to->is_event_stream();
    if (head.content_length.value_or(0) <= (is_stream ? bounds.event_bytes_max : bounds.body_bytes_max)) return true;
    const std::pair<std::string, std::string> none_accepted[] = {{"accepted", "0"}};
    ex.refuse(refusal::too_large, "The body is larger than this server takes.", {},
              is_stream ? extra_members(none_accepted) : extra_members());
    return false;
}

void choose_body_use(exchange& ex, const request_head& head) {
    if (!ex.to->takes_body()) return;
    if (!ex.to->is_event_stream()) {
        ex.use = body_use::collect;
        // What is only announced costs little.
        ex.body.reserve(
            static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length.value_or(0), body_reserve_max)));
        return;
    }
    if (ex.asked.idempotency) ex.asked.idempotency->fingerprint = fingerprint_of(head.method, ex.target, {});
    if (ex.to->operation->check != nullptr) {
        if (const auto why = ex.to->operation->check(*ex.to->operation, ex.asked)) return ex.refuse(*why);
    }
    ex.use = body_use::stream;
    ex.events = std::make_unique<event_post>(
        ex, media_type_of(head[field::content_type]) == media_type::ndjson,
        !head[field::content_encoding].empty() && !equals_ignoring_case(head[field::content_encoding], "identity"));
}

void note_head(exchange& ex, const request_head& head) {
    ex.how = method_of(head.method);
    ex.is_http11 = head.is_http11;
    ex.keep_alive = head.keep_alive;
    ex.target.assign(head.target);
    ex.asked.now = ex.context->now();
    if (is_request_id(head[field::request_id])) ex.request_id.assign(head[field::request_id]);
    else ex.context->name_request(ex.request_id);
}

bool pass_all(exchange& ex, const request_head& head) {
    const auto parts = split_target(head.target);
    if (parts) ex.path_size = parts->path.size();
    // The absolute form carries an authority before the path; what problems name is the path alone.
    if (parts && !parts->authority.empty()) ex.target.assign(parts->path).append("?").append(parts->query);
    if (!pass_host(ex, head, parts ? parts->authority : std::string_view())) return false;
    if (!parts) {
        ex.refuse(refusal::bad_request, "The request target is malformed.");
        ex.must_close = true;
        return false;
    }
    return pass_repeated(ex, head) && pass_origin(ex, head) && pass_route(ex, *parts) && pass_query(ex, parts->query) &&
           pass_expect(ex, head) && pass_media_type(ex, head) && pass_deadline(ex, head) && pass_conditions(ex, head) &&
           pass_idempotency(ex, head) && pass_length(ex, head);
}

}  // namespace

void admit(exchange& ex, const request_head& head) {
    note_head(ex, head);
    if (pass_all(ex, head)) choose_body_use(ex, head);
    const auto length = head.content_length.value_or(0);
    // Refused before its body came: a short body is read over, a long or an expected one is not waited for.
    if (ex.at == stage::done &&
        (length > ex.context->server().bounds.body_bytes_max || (head.has(field::expect) && head.has_body())))
        ex.must_close = true;
}

}  // namespace carrel::http
