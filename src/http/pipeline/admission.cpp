#include "http/pipeline/admission.hpp"

#include "http/pipeline/authentication.hpp"
#include "http/pipeline/body_choice.hpp"
#include "http/pipeline/page.hpp"
#include "http/pipeline/rate_limits.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/pipeline/upload_post.hpp"
#include "http/protocol/content_coding.hpp"
#include "http/protocol/entity_tag.hpp"
#include "http/protocol/media_type.hpp"
#include "http/protocol/target.hpp"
#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr std::uint64_t deadline_ms_max = 60'000;
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

bool pass_host_syntax(exchange& ex, const request_head& head) {
    const bool is_missing = head.is_http11 && !head.has(field::host);
    if (!is_missing && !head.is_repeated(field::host) && (!head.has(field::host) || is_valid_host(head[field::host])))
        return true;
    ex.refuse(refusal::bad_request, "A request needs exactly one valid Host.");
    ex.response.closes = true;
    return false;
}

bool pass_host(exchange& ex, const request_head& head, std::string_view authority, const route& found) {
    const auto host = authority.empty() ? head[field::host] : authority;
    // HTTP/1.0 knows no Host; a browser, which could be tricked into asking, always sends one.
    if (host.empty() || (found.endpoint != nullptr && found.endpoint->answers_any_host()) ||
        ex.context->server().hosts.allows(host))
        return true;
    ex.refuse(refusal::forbidden_host, "This server does not answer for that host.");
    return false;
}

bool pass_repeated(exchange& ex, const request_head& head) {
    if (head.repeated == 0) return true;
    ex.refuse(refusal::bad_request, "A header field that may come once came twice.");
    return false;
}

// What a browser says of the page that made the request.
bool pass_origin(exchange& ex, const request_head& head, const route& found) {
    // A link from elsewhere leads to the page; other sites can show or read nothing of it.
    if (found.endpoint != nullptr && is_for_page(ex, *found.endpoint)) return true;
    const auto& hosts = ex.context->server().hosts;
    const auto origin = head[field::origin];
    if (head.has(field::origin) && hosts.names_origin(origin)) {
        ex.request.allowed_origin.assign(origin);
        return true;
    }
    if (equals_ignoring_case(head[field::sec_fetch_site], "cross-site")) {
        ex.refuse(refusal::forbidden_origin, "Requests from another site are refused.");
        return false;
    }
    if (!is_mutation(ex.request.method) || !head.has(field::origin) ||
        hosts.allows_origin(origin, ex.request.call.is_encrypted ? "https" : "http"))
        return true;
    ex.refuse(refusal::forbidden_origin, "Writes from a foreign origin are refused.");
    return false;
}

bool answer_options(exchange& ex, method_set methods) {
    ex.response.allow = methods;
    ex.answer(204, content::none);
    return false;
}

route find_route(exchange& ex, const target_parts& parts) {
    if (parts.path == "*") return {};
    return ex.context->server().routes.find(parts.path, ex.request.method, ex.request.call.path);
}

bool pass_route(exchange& ex, const request_head& head, const target_parts& parts, const route& found) {
    constexpr method_set all_methods = 0x1f;
    if (parts.path == "*") return answer_options(ex, all_methods);
    if (found.is_badly_encoded) {
        ex.refuse(refusal::bad_request, "The path is badly encoded.");
        ex.response.closes = true;
    } else if (found.methods == 0) {
        ex.refuse(refusal::not_found, "There is nothing at this path.");
    } else if (ex.request.method == method::options) {
        return answer_options(ex, found.methods);
    } else if (found.endpoint == nullptr) {
        ex.response.allow = found.methods;
        ex.refuse(refusal::method_not_allowed, "Allowed here: " + allow_text(found.methods) + ".");
    } else if (is_for_page(ex, *found.endpoint)) {
        answer_page(ex, head, parts.path);
    } else {
        ex.request.endpoint = found.endpoint;
        return true;
    }
    return false;
}

bool pass_query(exchange& ex, std::string_view query) {
    if (decode_query(query, ex.request.call.query)) return true;
    ex.refuse(refusal::bad_request, "The query is badly encoded.");
    return false;
}

bool pass_expect(exchange& ex, const request_head& head) {
    if (!head.has(field::expect) || !head.is_http11) return true;
    if (lists_only(head[field::expect], "100-continue")) {
        ex.request.awaits_continue = head.has_body();
        return true;
    }
    ex.refuse(refusal::expectation_failed, "Only 100-continue can be expected.");
    return false;
}

bool is_accepted(siem::body_kind kind, media_type given) noexcept {
    switch (kind) {
        case siem::body_kind::none:
        case siem::body_kind::file:
        case siem::body_kind::upload: return true;
        case siem::body_kind::json: return given == media_type::json;
        case siem::body_kind::merge_patch: return given == media_type::json || given == media_type::merge_patch;
        case siem::body_kind::event_stream: return given == media_type::json || given == media_type::ndjson;
    }
    return false;
}

std::string_view accepted_by(siem::body_kind kind) noexcept {
    switch (kind) {
        case siem::body_kind::event_stream: return "Send application/json or application/x-ndjson, in UTF-8.";
        case siem::body_kind::merge_patch: return "Send application/merge-patch+json or application/json, in UTF-8.";
        default: return "Send application/json, in UTF-8.";
    }
}

bool pass_shipper_type(exchange& ex, const request_head& head) {
    if (ex.request.endpoint->shipper->content == shippers::content_rule::any) return true;
    if (media_type_of(head[field::content_type]) == media_type::json) return true;
    ex.refuse(refusal::unsupported_media_type, "Send application/json: of this protocol only its JSON form is taken.");
    return false;
}

bool pass_type(exchange& ex, const request_head& head) {
    if (ex.request.endpoint->takes_shipper()) return pass_shipper_type(ex, head);
    const auto kind = ex.request.endpoint->operation->body;
    if (!is_accepted(kind, media_type_of(head[field::content_type]))) {
        ex.refuse(refusal::unsupported_media_type, accepted_by(kind));
        return false;
    }
    return true;
}

bool pass_media_type(exchange& ex, const request_head& head) {
    if (!ex.request.endpoint->takes_body()) return true;
    if (!pass_type(ex, head)) return false;
    const auto coding = content_coding_of(head[field::content_encoding]);
    const bool is_packed = coding == content_coding::gzip || coding == content_coding::zstd;
    if (coding == content_coding::identity || (is_packed && ex.request.endpoint->is_event_stream())) return true;
    ex.refuse(refusal::unsupported_media_type, ex.request.endpoint->is_event_stream()
                                                   ? "A body of events may be sent as it is, in gzip or in zstd."
                                                   : "This body must be sent without a Content-Encoding.");
    return false;
}

bool pass_deadline(exchange& ex, const request_head& head) {
    if (!head.has(field::timeout)) return true;
    const auto wanted = parse_digits(head[field::timeout]);
    if (wanted && *wanted >= 1 && *wanted <= deadline_ms_max) {
        ex.request.deadline = std::chrono::milliseconds(*wanted);
        return true;
    }
    ex.refuse(refusal::bad_request, "Carrel-Timeout-Ms must be a number from 1 to 60000.");
    return false;
}

// What has no version, or is only created, has no entity tag that could match. A deletion of what is not there is 404, which is
// all that `*` demands of it.
bool pass_unversioned(exchange& ex) {
    if (!is_mutation(ex.request.method) || ex.request.endpoint->takes_preconditions()) return true;
    const auto& [if_match, if_none_match] = ex.request.call.conditions;
    std::string_view why;
    if (if_match && !(if_match->any && ex.request.method == method::del))
        why = "This takes no If-Match: there is no version to match.";
    else if (if_none_match && if_none_match->any && ex.request.method != method::post)
        why = "This takes no If-None-Match: there is no version that it could not match.";
    if (why.empty()) return true;
    ex.refuse(refusal::stale_version, why);
    return false;
}

bool pass_conditions(exchange& ex, const request_head& head) {
    auto& conditions = ex.request.call.conditions;
    if (head.has(field::if_match)) conditions.if_match = parse_if_match(head[field::if_match]);
    if (head.has(field::if_none_match)) conditions.if_none_match = parse_if_none_match(head[field::if_none_match]);
    if (head.has(field::if_match) && !conditions.if_match) {
        ex.refuse(refusal::bad_request, "If-Match must be * or a list of entity tags.");
        return false;
    }
    // A read may be sent whole to a client whose list cannot be understood; a write must not be done.
    if (is_mutation(ex.request.method) && head.has(field::if_none_match) && !conditions.if_none_match) {
        ex.refuse(refusal::bad_request, "If-None-Match must be * or a list of entity tags.");
        return false;
    }
    ex.request.call.range = head[field::range];
    ex.request.call.if_range = head[field::if_range];
    return pass_unversioned(ex);
}

bool pass_idempotency(exchange& ex, const request_head& head) {
    // A read may be repeated as it is.
    const bool may_have_key = ex.request.method == method::post || ex.request.method == method::del;
    if (!may_have_key || !ex.request.endpoint->writes() || !head.has(field::idempotency_key)) return true;
    if (ex.request.endpoint->shipper != nullptr) return true;  // its reply would not be the first one's
    if (ex.request.endpoint->operation->is_secret) {
        ex.refuse(refusal::bad_request, "This takes no Idempotency-Key: its reply is not kept.");
        return false;
    }
    if (!is_idempotency_key(head[field::idempotency_key])) {
        ex.refuse(refusal::bad_request, "Idempotency-Key must be 1 to 128 visible ASCII characters.");
        return false;
    }
    // The fingerprint follows when the body is there; a streamed one is fingerprinted part by part.
    // Keys belong to an operation and to the caller: the same key of another one is another key.
    std::string key(ex.request.endpoint->id);
    if (ex.request.call.who != nullptr) key.append(" ").append(ex.request.call.who->user_id);
    ex.request.call.idempotency = siem::idempotency{key.append(" ").append(head[field::idempotency_key]), {}};
    return true;
}

bool pass_length(exchange& ex, const request_head& head) {
    const auto& bounds = ex.context->server().bounds;
    const bool is_stream = ex.request.endpoint->is_event_stream();
    if (head.content_length.value_or(0) <= (is_stream ? bounds.event_bytes_max : body_bytes_max(ex))) return true;
    const std::pair<std::string, std::string> none_accepted[] = {{"accepted", "0"}};
    ex.refuse(refusal::too_large, "The body is larger than this server takes.", {},
              is_stream ? extra_members(none_accepted) : extra_members());
    return false;
}

// A file that is collected is held as a whole, but two of them always fit.
std::size_t body_room(const exchange& ex, std::uint64_t bytes) noexcept {
    const std::size_t room = stream_room(bytes);
    if (room == 0 || !ex.request.endpoint->takes_file()) return room;
    return static_cast<std::size_t>(std::min<std::uint64_t>(bytes, ex.context->server().intake.max() / 2));
}

// What will find no room is refused early, before it is read. The room is taken when bytes come: see `hold_body`.
bool pass_budget(exchange& ex, const request_head& head) {
    if (!ex.request.endpoint->takes_body()) return true;
    const auto unknown = head.chunked ? std::uint64_t{body_bytes_max(ex)} : 0;
    auto wanted = body_room(ex, head.content_length.value_or(unknown));
    if (ex.request.endpoint->takes_upload()) wanted = std::min(wanted, upload_post::held_bytes_max);
    if (wanted == 0 || ex.context->server().intake.has_room(wanted)) return true;
    ex.refuse(refusal::overloaded, too_much_in_flight);
    ex.response.closes = true;  // reading the body over would cost what there is too little of
    return false;
}

bool pass_load(exchange& ex) {
    const auto& server = ex.context->server();
    const bool stores_much = ex.request.endpoint->is_event_stream() || ex.request.endpoint->takes_upload();
    if (stores_much && server.storage_is_low.load(std::memory_order_relaxed)) {
        ex.refuse(refusal::storage_full, "The disk is nearly full; no events and no files are taken.");
        ex.response.closes = true;
        return false;
    }
    if (!ex.request.endpoint->may_answer_long() ||
        server.unsent_bytes.load(std::memory_order_relaxed) <= server.bounds.unsent_bytes_max)
        return true;
    ex.refuse(refusal::overloaded, "Too many responses wait for slow clients; try again later.");
    return false;
}

void choose_format(exchange& ex, const request_head& head) {
    const auto* operation = ex.request.endpoint->operation;
    if (operation != nullptr && operation->has_rows && head.has(field::accept))
        ex.request.call.format = preferred_format(head[field::accept]);
}

void note_head(exchange& ex, const request_head& head) {
    auto& request = ex.request;
    request.method = method_of(head.method);
    request.is_http11 = head.is_http11;
    request.keep_alive = head.keep_alive;
    request.target.assign(head.target);
    request.call.now = ex.context->now();
    const bool is_proxy_scheme = request.is_proxied && head.has(field::forwarded_proto);
    request.call.is_encrypted =
        is_proxy_scheme ? equals_ignoring_case(head[field::forwarded_proto], "https") : request.is_tls;
    request.accepts_html = head[field::accept].find("text/html") != std::string_view::npos;
    request.accepts_gzip = head.has(field::accept_encoding) && accepts_gzip(head[field::accept_encoding]);
    if (is_request_id(head[field::request_id])) request.id.assign(head[field::request_id]);
    else ex.context->name_request(request.id);
    ex.context->records().note_trace(request.trace, head);
}

// A target that its method cannot have makes the request malformed: its end is not to be trusted.
bool pass_target(exchange& ex, const request_head& head, const std::optional<target_parts>& parts) {
    std::string_view why;
    if (!parts) why = "The request target is malformed.";
    else if (head.method == "CONNECT") why = "This server is not a proxy.";
    else if (parts->path == "*" && head.method != "OPTIONS") why = "Only OPTIONS may ask for *.";
    if (why.empty()) return true;
    ex.refuse(refusal::bad_request, why);
    ex.response.closes = true;
    return false;
}

bool pass_all(exchange& ex, const request_head& head) {
    const auto parts = split_target(head.target);
    if (parts) ex.request.path_size = parts->path.size();
    // The absolute form carries an authority before the path; what problems name is the path alone.
    if (parts && !parts->authority.empty()) {
        ex.request.target.assign(parts->path);
        if (!parts->query.empty()) ex.request.target.append("?").append(parts->query);
    }
    if (!pass_host_syntax(ex, head)) return false;
    if (!pass_target(ex, head, parts)) return false;
    const auto found = find_route(ex, *parts);
    if (!pass_address_rate(ex, found.endpoint)) return false;
    return pass_host(ex, head, parts->authority, found) && pass_repeated(ex, head) && pass_origin(ex, head, found) &&
           pass_route(ex, head, *parts, found) && authenticate(ex, head) && pass_query(ex, parts->query) &&
           pass_expect(ex, head) && pass_media_type(ex, head) && pass_deadline(ex, head) && pass_conditions(ex, head) &&
           pass_idempotency(ex, head) && pass_length(ex, head) && pass_load(ex) && pass_budget(ex, head);
}

}  // namespace

bool hold_body(exchange& ex) noexcept {
    const auto seen = ex.request.body_seen;
    std::size_t wanted = 0;
    if (stream_room(seen) > 0) wanted = ex.stream ? ex.stream->room_for(seen) : body_room(ex, seen);
    return ex.context->server().intake.resize(ex.claim, wanted);
}

std::size_t body_bytes_max(const exchange& ex) noexcept {
    constexpr std::size_t form_bytes_max = 64 * 1024;  // around the file
    const auto& bounds = ex.context->server().bounds;
    const auto* endpoint = ex.request.endpoint;
    if (endpoint != nullptr && endpoint->takes_upload()) return upload_bytes_max(ex) + form_bytes_max;
    return endpoint != nullptr && endpoint->takes_file() ? bounds.event_bytes_max : bounds.body_bytes_max;
}

void admit(exchange& ex, const request_head& head) {
    note_head(ex, head);
    if (pass_all(ex, head)) {
        choose_format(ex, head);
        choose_body_use(ex, head);
    }
    if (!ex.is_done()) return;
    ex.request.awaits_continue = false;
    // Refused before its body came: a short body is read over, a long or an expected one is not waited for.
    const bool is_long = head.content_length.value_or(0) > body_bytes_max(ex);
    if (is_long) ex.refuse_body(refusal::too_large, "The body is larger than this server takes.");
    if (is_long || (head.has(field::expect) && head.has_body())) ex.response.closes = true;
}

}  // namespace carrel::http
