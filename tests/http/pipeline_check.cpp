#include "pipeline_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carrel::testing {

namespace {

std::string chunked(std::string_view body, std::mt19937& source) {
    std::string text;
    while (!body.empty()) {
        const auto size = std::min<std::size_t>(1 + source() % 6, body.size());
        text.append(std::to_string(size)).append(source() % 4 == 0 ? ";a=\"b\"\r\n" : "\r\n");
        text.append(body.substr(0, size)).append("\r\n");
        body.remove_prefix(size);
    }
    return text.append(source() % 4 == 0 ? "0\r\nX-Trailer: v\r\n\r\n" : "0\r\n\r\n");
}

std::string make_request(std::mt19937& source, std::string_view authority) {
    constexpr std::array<std::string_view, 8> heads{
        "GET /health/live", "GET /nothing?a=b%20c", "HEAD /health/live",         "OPTIONS *",
        "POST /nothing",    "GET /api/v1/alerts/x", "POST /api/v1/alerts/count", "DELETE /health/live"};
    std::string text(heads[source() % heads.size()]);
    text.append(source() % 16 == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n").append("Host: ").append(authority);
    text.append("\r\nX-Request-Id: r").append(std::to_string(source() % 100'000)).append("\r\n");
    if (source() % 16 == 0) text.append("Connection: close\r\n");
    if (source() % 8 == 0) text.append("Accept: */*\r\nX-Empty:\r\n");
    constexpr std::string_view body = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto some = body.substr(0, source() % (body.size() + 1));
    switch (source() % 4) {
        case 0: return text.append("Content-Length: " + std::to_string(some.size()) + "\r\n\r\n").append(some);
        case 1: return text.append("Transfer-Encoding: chunked\r\n\r\n").append(chunked(some, source));
        default: return text.append("\r\n");
    }
}

void mutate(std::string& text, std::mt19937& source) {
    constexpr std::string_view bytes("\r\n\t \0\x0b:;,=\"\\0129aAfx#%\x7f\xc3", 25);
    constexpr std::array<std::string_view, 10> pieces{
        "\r\n",          "\n",        "\r",    "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        " HTTP/1.1\r\n", "0\r\n\r\n", "\r\n ", "Host: b\r\n",           "Transfer-Encoding : chunked\r\n"};
    // Half of the mutations are at the ends of lines, where framing is decided.
    auto at = source() % (text.size() + 1);
    if (source() % 2 == 0) at = std::min(text.find("\r\n", at), text.size());
    const auto size = std::min<std::size_t>(1 + source() % 3, text.size() - at);
    switch (source() % 6) {
        case 0: text.erase(at, size); break;
        case 1: text.insert(at, 1, bytes[source() % bytes.size()]); break;
        case 2: text.insert(at, pieces[source() % pieces.size()]); break;
        case 3: text.insert(at, text.substr(source() % text.size(), 1 + source() % 40)); break;
        case 4: text.replace(at, size, std::string(size, bytes[source() % bytes.size()])); break;
        default:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << source() % 8);
    }
}

// A server gives a request with another id one of its own.
bool is_own_id(std::string_view id) {
    constexpr std::string_view allowed("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return !id.empty() && id.find_first_not_of(allowed) == id.npos;
}

struct reply {
    int status = 0;
    std::string id;
    bool closes = false;
};

std::string field_of(std::string_view head, std::string_view name) {
    auto at = head.find(name);
    if (at == head.npos) return {};
    at += name.size();
    return std::string(head.substr(at, head.find("\r\n", at) - at));
}

// Takes a reply off the front; status 0 if there is none.
reply take_reply(std::string_view& bytes, bool is_head) {
    const auto end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.1 ") || end == bytes.npos) return {};
    const auto head = bytes.substr(0, end + 2);
    reply made;
    std::from_chars(head.data() + 9, head.data() + 12, made.status);
    made.id = field_of(head, "\r\nX-Request-Id: ");
    made.closes = field_of(head, "\r\nConnection: ") == "close";
    std::size_t length = 0;
    const auto digits = field_of(head, "\r\nContent-Length: ");
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    bytes.remove_prefix(std::min(end + 4 + (is_head ? 0 : length), bytes.size()));
    return made;
}

}  // namespace

std::string make_pipeline(std::mt19937& source, std::string_view authority) {
    std::string text;
    for (auto left = 1 + source() % 4; left > 0; --left) text += make_request(source, authority);
    if (source() % 8 == 0) return text;
    for (auto left = 1 + source() % 3; left > 0; --left) mutate(text, source);
    return text;
}

std::string find_violation(std::string_view sent, std::string_view received) {
    const auto strict = scan_strictly(sent);
    for (std::size_t i = 0; !received.empty(); ++i) {
        const bool is_valid = i < strict.requests.size();
        const auto got = take_reply(received, is_valid && strict.requests[i].method == "HEAD");
        if (got.status == 0) return "what is not a reply";
        if (got.status < 200) {
            --i;
            continue;
        }
        if (!is_valid && got.status < 400) return "an invalid request is accepted";
        if (!is_valid && !got.closes) return "a connection goes on behind an invalid request";
        if (!is_valid && strict.end == strict_end::clean) return "a reply that nothing asked for";
        const bool is_answered = is_valid && (got.status < 400 || got.status == 404 || got.status == 405);
        if (is_answered && is_own_id(strict.requests[i].request_id) && got.id != strict.requests[i].request_id)
            return "a reply of another request";
        if (got.closes) return received.empty() ? "" : "bytes behind the last reply";
        if (!is_valid) return "an invalid request is accepted";
        if (i + 1 == strict.requests.size() && strict.end == strict_end::clean && !received.empty())
            return "a reply that nothing asked for";
        if (received.empty() && i + 1 < strict.requests.size()) return "a valid request without a reply";
    }
    return {};
}

}  // namespace carrel::testing
