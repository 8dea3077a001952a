#include "http/net/refusals.hpp"

#include "http/protocol/problem.hpp"

#include <string>

namespace carrel::http {

namespace {

std::string whole_response(std::string_view status_line, refusal why, std::string_view detail) {
    std::string document;
    write_problem(document, why, detail, "/", "-", {}, {});
    return std::string(status_line) +
           "Content-Type: application/problem+json\r\nX-Request-Id: -\r\nX-Content-Type-Options: nosniff\r\n"
           "Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: " +
           std::to_string(document.size()) + "\r\n\r\n" + document;
}

}  // namespace

std::string_view full_response() {
    static const auto response =
        whole_response("HTTP/1.1 503 Service Unavailable\r\n", refusal::overloaded, "Too many connections are open.");
    return response;
}

std::string_view too_many_of_address_response() {
    static const auto response = whole_response("HTTP/1.1 429 Too Many Requests\r\n", refusal::too_many_connections,
                                                "Too many connections of this address are open.");
    return response;
}

}  // namespace carrel::http
