#pragma once

#include "resource/operation.hpp"

#include <carrel/error.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace carrel::http {

/// Every way a request can end other than well.
enum class refusal {
    bad_request,
    unauthorized,
    forbidden_origin,
    forbidden,
    forbidden_csrf,
    password_change_required,
    not_found,
    method_not_allowed,
    request_timeout,
    conflict,
    illegal_transition,
    stale_version,
    too_large,
    uri_too_long,
    unsupported_media_type,
    range_not_satisfiable,
    expectation_failed,
    forbidden_host,
    invalid,
    locked,
    too_many_connections,
    too_many_requests,
    head_too_large,
    internal,
    outcome_unknown,
    overloaded,
    query_cancelled,
    timeout,
    storage_full,
};

struct problem_kind {
    std::string_view code;  ///< `/problems/<code>`
    unsigned short status = 500;
    std::string_view title;
};

const problem_kind& kind_of(refusal why) noexcept;
refusal refusal_of(siem::problem_code code) noexcept;

/// All kinds, in the order of `refusal`.
std::span<const problem_kind> problem_kinds() noexcept;

enum class session_kind { read, write };

/// What an engine error means to a client. `siem_errc::refused` and `errc::cancelled` do not come here.
refusal refusal_of(const error& failure, session_kind mode) noexcept;
/// What to tell of it: never a diagnostic, which may hold SQL text.
std::string_view detail_of(refusal why, session_kind mode) noexcept;
/// The same where earlier events of the request are stored; the reply's `accepted` says how many.
std::string_view detail_of_rest(refusal why) noexcept;

using extra_members = std::span<const std::pair<std::string, std::string>>;

/// Appends a problem document (RFC 9457).
void write_problem(std::string& out, refusal why, std::string_view detail, std::string_view instance,
                   std::string_view request_id, std::span<const siem::fault> faults, extra_members extra);

}  // namespace carrel::http
