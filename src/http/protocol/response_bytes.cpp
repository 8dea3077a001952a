#include "http/protocol/response_bytes.hpp"

#include "base/disposition.hpp"
#include "http/pipeline/page_files.hpp"
#include "http/protocol/text.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace carrel::http {

namespace {

std::string_view status_line_of(unsigned short status) noexcept {
    switch (status) {
        case 200: return "HTTP/1.1 200 OK\r\n";
        case 201: return "HTTP/1.1 201 Created\r\n";
        case 202: return "HTTP/1.1 202 Accepted\r\n";
        case 204: return "HTTP/1.1 204 No Content\r\n";
        case 206: return "HTTP/1.1 206 Partial Content\r\n";
        case 304: return "HTTP/1.1 304 Not Modified\r\n";
        case 400: return "HTTP/1.1 400 Bad Request\r\n";
        case 401: return "HTTP/1.1 401 Unauthorized\r\n";
        case 403: return "HTTP/1.1 403 Forbidden\r\n";
        case 404: return "HTTP/1.1 404 Not Found\r\n";
        case 405: return "HTTP/1.1 405 Method Not Allowed\r\n";
        case 408: return "HTTP/1.1 408 Request Timeout\r\n";
        case 409: return "HTTP/1.1 409 Conflict\r\n";
        case 412: return "HTTP/1.1 412 Precondition Failed\r\n";
        case 413: return "HTTP/1.1 413 Content Too Large\r\n";
        case 414: return "HTTP/1.1 414 URI Too Long\r\n";
        case 415: return "HTTP/1.1 415 Unsupported Media Type\r\n";
        case 416: return "HTTP/1.1 416 Range Not Satisfiable\r\n";
        case 417: return "HTTP/1.1 417 Expectation Failed\r\n";
        case 421: return "HTTP/1.1 421 Misdirected Request\r\n";
        case 422: return "HTTP/1.1 422 Unprocessable Content\r\n";
        case 423: return "HTTP/1.1 423 Locked\r\n";
        case 429: return "HTTP/1.1 429 Too Many Requests\r\n";
        case 431: return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
        case 503: return "HTTP/1.1 503 Service Unavailable\r\n";
        case 504: return "HTTP/1.1 504 Gateway Timeout\r\n";
        case 507: return "HTTP/1.1 507 Insufficient Storage\r\n";
        default: return "HTTP/1.1 500 Internal Server Error\r\n";
    }
}

// A browser that has come by TLS once does not come without it again.
constexpr std::string_view only_by_tls = "Strict-Transport-Security: max-age=31536000\r\n";

std::string_view type_line_of(content kind) noexcept {
    switch (kind) {
        case content::problem: return "Content-Type: application/problem+json\r\n";
        case content::ndjson: return "Content-Type: application/x-ndjson\r\n";
        case content::csv: return "Content-Type: text/csv; charset=utf-8; header=present\r\n";
        case content::metrics: return "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
        default: return "Content-Type: application/json\r\n";
    }
}

// A file is kept, never shown or run: it has been a client's.
void append_type(std::string& out, const response& answer) {
    if (answer.content == content::page) {
        out.append("Content-Type: ").append(answer.page->media_type).append("\r\n");
        return;
    }
    if (answer.content != content::file) {
        out.append(type_line_of(answer.content));
        return;
    }
    out.append("Content-Type: ").append(answer.reply.media_type);
    out.append("\r\nContent-Disposition: ").append(base::attachment_of(answer.reply.file_name));
    out.append("\r\nContent-Security-Policy: sandbox\r\n");
}

void append_number_field(std::string& out, std::string_view name_and_colon, std::uint64_t number) {
    out.append(name_and_colon);
    append_number(out, number);
    out.append("\r\n");
}

// For pages of an origin that the operator named.
void append_cors_fields(std::string& out, const request& to, const response& answer) {
    out.append("Vary: Accept-Encoding, Origin\r\nAccess-Control-Allow-Origin: ").append(to.allowed_origin);
    out.append(
        "\r\nAccess-Control-Expose-Headers: Carrel-Commit, Content-Disposition, Content-Range, ETag, Location, "
        "Retry-After, X-Request-Id\r\n");
    if (to.method != method::options || !answer.allow) return;
    out.append("Access-Control-Allow-Methods: ").append(allow_text(*answer.allow));
    out.append(
        "\r\nAccess-Control-Allow-Headers: Carrel-Timeout-Ms, Content-Encoding, Content-Type, Idempotency-Key, "
        "If-Match, If-None-Match, If-Range, Range, X-Request-Id, Authorization, "
        "X-CSRF-Token, traceparent, tracestate\r\nAccess-Control-Max-Age: 600\r\n");
}

void append_page_fields(std::string& out, const response& answer) {
    out.append(page_fields).append("ETag: \"").append(answer.page->tag);
    if (answer.is_gzip) out.append(packed_tag_end);
    out.append("\"\r\nCache-Control: ");
    out.append(answer.page->may_be_kept ? "max-age=31536000, immutable\r\n" : "no-cache\r\n");
}

// What all responses have, but for what is different for the page.
void append_standing(std::string& out, const response& answer, std::string_view standing) {
    if (answer.page == nullptr || answer.is_refusal()) {
        out.append(standing);
        return;
    }
    out.append(standing.substr(0, standing.size() - browser_fields.size()));
    append_page_fields(out, answer);
}

// What a response may carry beyond what all do.
void append_rare_fields(std::string& out, const request& to, const response& answer) {
    if (answer.commit != 0) append_number_field(out, "Carrel-Commit: ", answer.commit);
    if (answer.challenge != challenge::none) {
        out.append("WWW-Authenticate: Bearer realm=\"carrel\"");
        out.append(answer.challenge == challenge::invalid_token ? ", error=\"invalid_token\"\r\n" : "\r\n");
    }
    if (!answer.reply.cookie.empty()) out.append("Set-Cookie: ").append(answer.reply.cookie).append("\r\n");
    if (!answer.reply.content_range.empty())
        out.append("Content-Range: ").append(answer.reply.content_range).append("\r\n");
    if (answer.allow) out.append("Allow: ").append(allow_text(*answer.allow)).append("\r\n");
    if (answer.retry_after != 0) append_number_field(out, "Retry-After: ", answer.retry_after);
    if (answer.reply.version != 0 && !answer.is_refusal()) {
        out.append("ETag: \"");
        append_number(out, static_cast<std::uint64_t>(answer.reply.version));
        out.append("\"\r\n");
    }
    if ((answer.status == 201 || answer.status == 202) && !answer.reply.location.empty())
        out.append("Location: ").append(answer.reply.location).append("\r\n");
    if (answer.is_gzip && answer.content != content::none) out.append("Content-Encoding: gzip\r\n");
    if (!to.allowed_origin.empty()) append_cors_fields(out, to, answer);
    else if (answer.varies) out.append("Vary: Accept-Encoding\r\n");
}

void append_last_fields(std::string& out, const request& to, const response& answer, bool closes) {
    if (to.is_tls || to.call.is_encrypted) out.append(only_by_tls);
    out.append("X-Request-Id: ").append(to.id).append("\r\n");
    append_rare_fields(out, to, answer);
    if (to.endpoint != nullptr && to.endpoint->shipper != nullptr) out.append(to.endpoint->shipper->header_lines);
    if (closes) out.append("Connection: close\r\n");
    else if (!to.is_http11) out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
}

}  // namespace

void append_response(std::string& out, const request& to, const response& answer, std::string_view standing,
                     bool closes) {
    out.append(status_line_of(answer.status));
    append_standing(out, answer, standing);
    if (answer.content != content::none) {
        append_type(out, answer);
        out.append("Content-Length: ");
        append_number(out, answer.reply.body.size());
        out.append("\r\n");
    }
    append_last_fields(out, to, answer, closes);
    if (answer.content != content::none && to.method != method::head) out.append(answer.reply.body);
}

void append_stream_head(std::string& out, const request& to, const response& answer, std::string_view standing,
                        bool closes) {
    out.append(status_line_of(answer.status)).append(standing);
    append_type(out, answer);
    if (answer.has_length) {
        append_number_field(out, "Content-Length: ", answer.reply.length.value_or(0));
        out.append("Accept-Ranges: bytes\r\n");
    } else if (to.is_http11) {
        out.append("Transfer-Encoding: chunked\r\n");
    }
    append_last_fields(out, to, answer, closes);
}

void append_piece(std::string& out, const request& to, const response& answer, std::string_view piece) {
    if (!to.is_http11 || answer.has_length) {
        out.append(piece);
        return;
    }
    std::array<char, 16> size;
    const auto written = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16);
    out.append(size.data(), written.ptr).append("\r\n").append(piece).append("\r\n");
}

void append_stream_end(std::string& out, const request& to, const response& answer) {
    if (to.is_http11 && !answer.has_length) out.append("0\r\n\r\n");
}

std::string standing_fields(siem::timestamp now) {
    // Not strftime: its names follow the locale.
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = static_cast<std::time_t>(now / 1'000'000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    const auto two = [](int number) {
        return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    };
    return std::string("Date: ") + days[static_cast<std::size_t>(utc.tm_wday)] + ", " + two(utc.tm_mday) + " " +
           months[static_cast<std::size_t>(utc.tm_mon)] + " " + std::to_string(utc.tm_year + 1900) + " " +
           two(utc.tm_hour) + ":" + two(utc.tm_min) + ":" + two(utc.tm_sec) + " GMT\r\n" + std::string(browser_fields);
}

}  // namespace carrel::http
