#pragma once

#include "base/time.hpp"
#include "http/routing/endpoints.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::http {

/// What the access log says of a request that has ended.
struct access_entry {
    siem::timestamp at = 0;      ///< When it ended.
    std::string_view client;     ///< An address.
    std::string_view principal;  ///< Empty if nobody is known.
    std::string_view method;
    std::string_view target;  ///< As `append_safe_target` makes it; empty if none was understood.
    std::string_view route;   ///< `/api/v1/alerts/{id}`; empty if no route took it.
    bool is_http11 = true;
    unsigned short status = 0;  ///< 0: the client had gone before there was a response.
    bool is_whole = true;       ///< The response was made to its end.
    std::uint64_t bytes = 0;    ///< Of the response's body.
    std::chrono::microseconds took{0};
    std::string_view request_id;
    std::string_view trace_id;  ///< Empty if there is none.
};

/// A line in the combined format, in which Referer and User-Agent are `-`, with the duration in microseconds, the request's id
/// and its trace's behind it. What is no printable ASCII is escaped: a line stays a line.
void append_access_text(std::string& out, const access_entry& of);
/// The same as one JSON object in a line.
void append_access_json(std::string& out, const access_entry& of);

/// A target as it may be shown: the path, and of the query the names of parameters that the endpoint has, with values only where
/// they are times, numbers or the like of such a parameter. Whatever else a client put there may be a secret and is `*`. At most some
/// 2 KiB.
void append_safe_target(std::string& out, std::string_view path, std::string_view query, const endpoint* found);
/// The query alone.
void append_safe_query(std::string& out, std::string_view query, const endpoint* found);

}  // namespace carrel::http
