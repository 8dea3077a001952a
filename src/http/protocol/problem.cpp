#include "http/protocol/problem.hpp"

#include "json/writer.hpp"

#include <algorithm>
#include <array>

namespace carrel::http {

namespace {

constexpr std::array<problem_kind, 29> kinds{{
    {"bad_request", 400, "Bad request"},
    {"unauthorized", 401, "Unauthorized"},
    {"forbidden_origin", 403, "Foreign origin"},
    {"forbidden", 403, "Forbidden"},
    {"forbidden_csrf", 403, "Token of the session missing"},
    {"password_change_required", 403, "Password change required"},
    {"not_found", 404, "Not found"},
    {"method_not_allowed", 405, "Method not allowed"},
    {"request_timeout", 408, "Request timeout"},
    {"conflict", 409, "Conflict"},
    {"illegal_transition", 409, "Illegal transition"},
    {"stale_version", 412, "Stale version"},
    {"too_large", 413, "Too large"},
    {"uri_too_long", 414, "Request target too long"},
    {"unsupported_media_type", 415, "Unsupported media type"},
    {"range_not_satisfiable", 416, "Range not satisfiable"},
    {"expectation_failed", 417, "Expectation failed"},
    {"forbidden_host", 421, "Host not served here"},
    {"invalid", 422, "Invalid"},
    {"locked", 423, "Locked"},
    {"too_many_connections", 429, "Too many connections"},
    {"too_many_requests", 429, "Too many requests"},
    {"head_too_large", 431, "Request head too large"},
    {"internal", 500, "Internal error"},
    {"outcome_unknown", 500, "Outcome unknown"},
    {"overloaded", 503, "Overloaded"},
    {"query_cancelled", 503, "Query cancelled"},
    {"timeout", 504, "Timeout"},
    {"storage_full", 507, "Storage full"},
}};
static_assert(kinds.size() == static_cast<std::size_t>(refusal::storage_full) + 1);

constexpr std::size_t faults_max = 100;
constexpr int primary_code_mask = 0xff;  // SQLite keeps the primary result code in the low byte of an extended one

bool is_storage_full(const error_code& code) noexcept {
    return code.category() == sqlite_category() &&
           (code.value() & primary_code_mask) == static_cast<int>(sqlite_errc::full);
}

void write_fault(json::writer& json, const siem::fault& fault) {
    json.begin_object();
    // A line is one of the body, or of the text that the field holds.
    if (fault.line <= 0 || !fault.field.empty()) json.key("field").string(fault.field);
    if (fault.line > 0) json.key("line").integer(fault.line);
    json.key("detail").string(fault.detail).end_object();
}

}  // namespace

const problem_kind& kind_of(refusal why) noexcept { return kinds[static_cast<std::size_t>(why)]; }

std::span<const problem_kind> problem_kinds() noexcept { return kinds; }

refusal refusal_of(siem::problem_code code) noexcept {
    switch (code) {
        case siem::problem_code::bad_request: return refusal::bad_request;
        case siem::problem_code::not_found: return refusal::not_found;
        case siem::problem_code::conflict: return refusal::conflict;
        case siem::problem_code::illegal_transition: return refusal::illegal_transition;
        case siem::problem_code::stale_version: return refusal::stale_version;
        case siem::problem_code::too_large: return refusal::too_large;
        case siem::problem_code::unsupported_media_type: return refusal::unsupported_media_type;
        case siem::problem_code::range_not_satisfiable: return refusal::range_not_satisfiable;
        case siem::problem_code::invalid: return refusal::invalid;
        case siem::problem_code::unauthorized: return refusal::unauthorized;
        case siem::problem_code::forbidden: return refusal::forbidden;
        case siem::problem_code::locked: return refusal::locked;
        case siem::problem_code::too_many_requests: return refusal::too_many_requests;
    }
    return refusal::internal;
}

refusal refusal_of(const error& failure, session_kind mode) noexcept {
    if (failure == errc::overloaded || failure == errc::stopping || failure == errc::writer_poisoned ||
        failure == errc::file_replaced || failure == errc::snapshot_too_old || failure == errc::cancelled)
        return refusal::overloaded;
    if (failure == errc::query_cancelled) return refusal::query_cancelled;
    // A job past its deadline left no trace, so a write may safely be sent again.
    if (failure == errc::deadline_exceeded) return mode == session_kind::read ? refusal::timeout : refusal::overloaded;
    if (failure == errc::outcome_unknown) return refusal::outcome_unknown;
    if (is_storage_full(failure.code())) return refusal::storage_full;
    return refusal::internal;
}

std::string_view detail_of(refusal why, session_kind mode) noexcept {
    switch (why) {
        case refusal::overloaded:
            return mode == session_kind::read ? "The server cannot answer this now; try again later."
                                              : "The write was not done; it is safe to try again later.";
        case refusal::query_cancelled: return "An administrator has cancelled this; nothing was changed by it.";
        case refusal::timeout: return "The deadline passed before the answer was ready.";
        case refusal::outcome_unknown: return "The disk failed during the commit: the write may or may not survive.";
        case refusal::storage_full: return "The storage is full; the write was not done.";
        default: return "The server failed; its log tells why under the request id.";
    }
}

std::string_view detail_of_rest(refusal why) noexcept {
    switch (why) {
        case refusal::overloaded: return "The server cannot take the rest now; `accepted` events were stored.";
        case refusal::query_cancelled: return "An administrator has cancelled the rest; `accepted` events were stored.";
        case refusal::outcome_unknown:
            return "The disk failed during a commit: events behind the `accepted` ones may or may not survive.";
        case refusal::storage_full: return "The storage is full; `accepted` events were stored.";
        default: return "The server failed, and its log tells why under the request id; `accepted` events were stored.";
    }
}

void write_problem(std::string& out, refusal why, std::string_view detail, std::string_view instance,
                   std::string_view request_id, std::span<const siem::fault> faults, extra_members extra) {
    const auto& kind = kind_of(why);
    json::writer json(out);
    json.begin_object();
    json.key("type").string(std::string("/problems/").append(kind.code));
    json.key("title").string(kind.title);
    json.key("status").integer(kind.status);
    json.key("detail").string(detail);
    json.key("instance").string(instance);
    json.key("request_id").string(request_id);
    if (!faults.empty()) {
        json.key("errors").begin_array();
        for (const auto& fault : faults.first(std::min(faults.size(), faults_max))) write_fault(json, fault);
        json.end_array();
        if (faults.size() > faults_max)
            json.key("errors_omitted").integer(static_cast<std::int64_t>(faults.size() - faults_max));
    }
    for (const auto& [name, value] : extra) json.key(name).raw(value);
    json.end_object();
}

}  // namespace carrel::http
