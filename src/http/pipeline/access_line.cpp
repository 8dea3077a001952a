#include "http/pipeline/access_line.hpp"

#include "base/hex.hpp"
#include "http/protocol/text.hpp"
#include "json/writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace carrel::http {

namespace {

constexpr std::size_t path_bytes_max = 1'024;
constexpr std::size_t query_bytes_max = 1'024;
constexpr std::size_t value_bytes_max = 40;

// Parameters whose values are times, lengths of time and numbers.
constexpr std::array<std::string_view, 12> shown_parameters{"after", "before",  "bucket", "days", "from", "interval",
                                                            "limit", "minutes", "offset", "size", "to",   "wait"};

bool is_shown(std::string_view name) noexcept {
    return std::find(shown_parameters.begin(), shown_parameters.end(), name) != shown_parameters.end();
}

// A colon and a plus, as clients encode them.
bool is_encoded_mark(std::string_view text) noexcept {
    return text.starts_with("%3A") || text.starts_with("%3a") || text.starts_with("%2B") || text.starts_with("%2b");
}

bool is_time_or_number(std::string_view value) noexcept {
    if (value.size() > value_bytes_max) return false;
    if (value.starts_with("now")) value.remove_prefix(3);
    // At most one letter in a row: of `15m`, `T` and `Z`.
    for (bool was_letter = false; !value.empty();) {
        const bool is_mark = is_encoded_mark(value);
        const bool is_letter = !is_mark && std::string_view("smhdwTZ").find(value.front()) != std::string_view::npos;
        if (!is_mark && !is_letter && std::string_view("0123456789-+:.").find(value.front()) == std::string_view::npos)
            return false;
        if (is_letter && was_letter) return false;
        was_letter = is_letter;
        value.remove_prefix(is_mark ? 3 : 1);
    }
    return true;
}

bool has_parameter(const endpoint* found, std::string_view name) noexcept {
    if (found == nullptr || found->operation == nullptr) return false;
    const auto& known = found->operation->parameters;
    return std::any_of(known.begin(), known.end(), [name](const auto& each) { return each.name == name; });
}

void append_parameter(std::string& out, std::string_view pair, const endpoint* found) {
    const auto equals = pair.find('=');
    const auto name = pair.substr(0, equals);
    if (equals == pair.npos || !has_parameter(found, name)) {
        out.push_back('*');
        return;
    }
    const auto value = pair.substr(equals + 1);
    out.append(name).push_back('=');
    out.append(is_shown(name) && is_time_or_number(value) ? value : std::string_view("*"));
}

// A path that leads nowhere may be a query that was written wrong (`%3Ftoken=…`, `;token=…`).
void append_safe_path(std::string& out, std::string_view path, const endpoint* found) {
    const auto whole = path.size();
    if (found == nullptr) path = path.substr(0, path.find_first_of("=:@;"));
    const bool is_cut = path.size() < whole || path.size() > path_bytes_max;
    out.append(path.substr(0, path_bytes_max));
    if (is_cut) out.push_back('*');
}

// Apache's way: \xHH for what is no printable ASCII, a backslash before quotes and backslashes.
void append_escaped(std::string& out, std::string_view text, bool escapes_blanks) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f || (escapes_blanks && byte == ' '))
            out.append("\\x").append({base::hex_digits[byte >> 4], base::hex_digits[byte & 15]});
        else if (c == '"' || c == '\\') out.append({'\\', c});
        else out.push_back(c);
    }
}

void append_word(std::string& out, std::string_view text) {
    if (text.empty()) out.push_back('-');
    else append_escaped(out, text, true);
}

// `[27/Nov/2026:10:00:00 +0000]`, made once a second.
std::string_view written_second(siem::timestamp at) {
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local std::time_t last = -1;
    thread_local std::array<char, 64> text{};
    thread_local std::size_t size = 0;
    const auto second = static_cast<std::time_t>(at / 1'000'000);
    if (second != last) {
        std::tm utc{};
        gmtime_r(&second, &utc);
        size = static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "[%02d/%s/%04d:%02d:%02d:%02d +0000]",
                                                      utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)],
                                                      utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec));
        last = second;
    }
    return {text.data(), size};
}

}  // namespace

void append_safe_query(std::string& out, std::string_view query, const endpoint* found) {
    const auto before = out.size();
    for (bool is_first = true; !query.empty(); is_first = false) {
        if (!is_first) out.push_back('&');
        if (out.size() - before > query_bytes_max) {
            out.push_back('*');
            return;
        }
        const auto end = std::min(query.find('&'), query.size());
        append_parameter(out, query.substr(0, end), found);
        query.remove_prefix(std::min(end + 1, query.size()));
    }
}

void append_safe_target(std::string& out, std::string_view path, std::string_view query, const endpoint* found) {
    append_safe_path(out, path, found);
    if (query.empty()) return;
    out.push_back('?');
    append_safe_query(out, query, found);
}

void append_access_text(std::string& out, const access_entry& of) {
    append_word(out, of.client);
    out.append(" - ");
    append_word(out, of.principal);
    out.append(" ").append(written_second(of.at)).append(" \"");
    if (!of.target.empty()) {
        out.append(of.method).push_back(' ');
        append_escaped(out, of.target, true);
        out.append(of.is_http11 ? " HTTP/1.1" : " HTTP/1.0");
    } else {
        out.push_back('-');
    }
    out.append("\" ");
    if (of.status == 0) out.push_back('-');
    else append_number(out, of.status);
    out.push_back(' ');
    append_number(out, of.bytes);
    out.append(" \"-\" \"-\" ");
    append_number(out, static_cast<std::uint64_t>(of.took.count()));
    out.push_back(' ');
    append_word(out, of.request_id);
    out.push_back(' ');
    append_word(out, of.trace_id);
    if (!of.is_whole) out.append(" cut");
    out.push_back('\n');
}

void append_access_json(std::string& out, const access_entry& of) {
    const auto text_or_null = [](json::writer& to, std::string_view name, std::string_view text) {
        to.key(name);
        if (text.empty()) to.null();
        else to.string(text);
    };
    json::writer line(out);
    line.begin_object().key("time").string(siem::written_time(of.at));
    line.key("client").string(of.client);
    text_or_null(line, "principal", of.principal);
    line.key("method").string(of.method);
    text_or_null(line, "target", of.target);
    text_or_null(line, "route", of.route);
    line.key("protocol").string(of.is_http11 ? "HTTP/1.1" : "HTTP/1.0").key("status");
    if (of.status == 0) line.null();
    else line.integer(of.status);
    line.key("bytes").integer(static_cast<std::int64_t>(of.bytes));
    line.key("duration_us").integer(of.took.count());
    line.key("complete").boolean(of.is_whole);
    line.key("request_id").string(of.request_id);
    text_or_null(line, "trace_id", of.trace_id);
    line.end_object();
    out.push_back('\n');
}

}  // namespace carrel::http
