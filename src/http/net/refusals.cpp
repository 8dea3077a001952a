#include "http/net/refusals.hpp"

#include "http/protocol/problem.hpp"
#include "http/protocol/response_bytes.hpp"

#include <string>

namespace carrel::http {

namespace {

std::string whole_response(std::string_view status_line, refusal why, std::string_view detail,
                           std::string_view more_fields) {
    std::string document;
    write_problem(document, why, detail, "/", "-", {}, {});
    return std::string(status_line) + "Content-Type: application/problem+json\r\nX-Request-Id: -\r\n" +
           std::string(browser_fields) + "Connection: close\r\n" + std::string(more_fields) +
           "Content-Length: " + std::to_string(document.size()) + "\r\n\r\n" + document;
}

constexpr std::string_view retry_soon = "Retry-After: 1\r\n";

std::string_view full_response() {
    static const auto response = whole_response("HTTP/1.1 503 Service Unavailable\r\n", refusal::overloaded,
                                                "Too many connections are open.", retry_soon);
    return response;
}

std::string_view too_many_of_address_response() {
    static const auto response = whole_response("HTTP/1.1 429 Too Many Requests\r\n", refusal::too_many_connections,
                                                "Too many connections of this address are open.", retry_soon);
    return response;
}

}  // namespace

std::string_view response_to(over_limit limit) {
    return limit == over_limit::all ? full_response() : too_many_of_address_response();
}

std::string_view plain_http_response() {
    static const auto response = whole_response("HTTP/1.1 400 Bad Request\r\n", refusal::bad_request,
                                                "This port speaks TLS: ask by https://.", {});
    return response;
}

}  // namespace carrel::http
