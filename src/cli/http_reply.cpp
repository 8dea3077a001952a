#include "cli/http_reply.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace carrel::cli {
namespace {

constexpr std::size_t head_bytes_max = 64u << 10;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::size_t> to_number(std::string_view text, int base) {
    std::size_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (wrong != std::errc() || end == text.data()) return std::nullopt;
    return number;
}

enum class chunks { complete, unfinished, broken };

// Decodes the chunked body at `at`; moves `at` behind it.
chunks decode_chunks(std::string_view received, std::size_t& at, std::string& body) {
    for (;;) {
        const auto line_end = received.find("\r\n", at);
        if (line_end == std::string_view::npos) return chunks::unfinished;
        const auto size = to_number(received.substr(at, line_end - at), 16);
        if (!size) return chunks::broken;
        at = line_end + 2;
        if (*size == 0) break;
        if (received.size() - at < *size + 2) return chunks::unfinished;
        body.append(received.substr(at, *size));
        at += *size + 2;
    }
    // Trailers end with an empty line.
    for (;;) {
        const auto line_end = received.find("\r\n", at);
        if (line_end == std::string_view::npos) return chunks::unfinished;
        const bool is_empty = line_end == at;
        at = line_end + 2;
        if (is_empty) return chunks::complete;
    }
}

}  // namespace

std::optional<http_url> parse_url(std::string_view text) {
    http_url url;
    url.is_tls = text.starts_with("https://");
    if (!url.is_tls && !text.starts_with("http://")) return std::nullopt;
    text.remove_prefix(text.find("//") + 2);
    const auto slash = std::min(text.find('/'), text.size());
    if (url.is_tls) url.port = "443";
    url.base = text.substr(slash);
    while (url.base.ends_with('/')) url.base.pop_back();
    const auto authority = text.substr(0, slash);
    const auto colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) url.port = authority.substr(colon + 1);
    const auto port = to_number(url.port, 10);
    const bool clean = text.find_first_of(" \t\r\n?#@") == std::string_view::npos;
    if (url.host.empty() || !port || *port == 0 || *port > 65'535 || !clean) return std::nullopt;
    return url;
}

bool http_url::is_safe() const {
    if (is_tls || host == "localhost") return true;
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(is_bracketed ? host.substr(1, host.size() - 2) : host, ec);
    return !ec && address.is_loopback();
}

std::string_view http_reply::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_case_name) return value;
    return {};
}

std::optional<reply_parser::head> reply_parser::parse_head(const std::string& received) {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) {
        is_broken_ = received.size() > head_bytes_max;
        return std::nullopt;
    }
    head parsed;
    parsed.size = end + 4;
    std::string_view text(received.data(), end + 2);
    const auto status_line = text.substr(0, text.find("\r\n"));
    const auto status = status_line.starts_with("HTTP/1.") && status_line.size() >= 12
                            ? to_number(status_line.substr(9, 3), 10)
                            : std::nullopt;
    if (!status) {
        is_broken_ = true;
        return std::nullopt;
    }
    parsed.reply.status = static_cast<int>(*status);
    for (text.remove_prefix(status_line.size() + 2); !text.empty();) {
        const auto line = text.substr(0, text.find("\r\n"));
        text.remove_prefix(line.size() + 2);
        const auto colon = std::min(line.find(':'), line.size());
        std::string name(line.substr(0, colon));
        std::transform(name.begin(), name.end(), name.begin(), to_lower);
        parsed.reply.headers.emplace_back(std::move(name), trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
    return parsed;
}

std::optional<http_reply> reply_parser::parse(std::string& received) {
    auto parsed = parse_head(received);
    while (parsed && parsed->reply.status < 200) {
        received.erase(0, parsed->size);
        parsed = parse_head(received);
    }
    if (!parsed) return std::nullopt;

    std::size_t end = parsed->size;
    if (parsed->reply.header("transfer-encoding") == "chunked") {
        const auto state = decode_chunks(received, end, parsed->reply.body);
        is_broken_ = state == chunks::broken;
        if (state != chunks::complete) return std::nullopt;
    } else {
        const bool is_bodiless = parsed->reply.status == 204 || parsed->reply.status == 304;
        const auto length = is_bodiless ? 0 : to_number(parsed->reply.header("content-length"), 10);
        if (!length || received.size() - end < *length) return std::nullopt;
        parsed->reply.body = received.substr(end, *length);
        end += *length;
    }
    received.erase(0, end);
    return std::move(parsed->reply);
}

std::optional<http_reply> reply_parser::parse_end(std::string& received) {
    auto parsed = parse_head(received);
    if (!parsed || !parsed->reply.header("content-length").empty() ||
        !parsed->reply.header("transfer-encoding").empty())
        return std::nullopt;
    parsed->reply.body = received.substr(parsed->size);
    parsed->reply.headers.emplace_back("connection", "close");
    received.clear();
    return std::move(parsed->reply);
}

}  // namespace carrel::cli
