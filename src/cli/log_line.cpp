#include "cli/log_line.hpp"

#include "base/hex.hpp"
#include "base/time.hpp"
#include "base/utf8.hpp"
#include "json/writer.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace carrel::cli {
namespace {

// As syslog(3) numbers them.
char priority_of(log_level level) noexcept {
    switch (level) {
        case log_level::debug: return '7';
        case log_level::info: return '6';
        case log_level::warning: return '4';
        case log_level::error: return '3';
    }
    return '6';
}

std::string_view name_of(log_level level) noexcept {
    switch (level) {
        case log_level::debug: return "debug";
        case log_level::info: return "info";
        case log_level::warning: return "warning";
        case log_level::error: return "error";
    }
    return "info";
}

void append_byte(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') out.append("\\n");
    else out.append("\\x").append({base::hex_digits[byte >> 4], base::hex_digits[byte & 15]});
}

// `keeps_controls`: they are escaped by what follows.
std::string printable(std::string_view text, bool keeps_controls) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const auto size = byte < 0x80 ? std::size_t{1} : json::first_code_point(text).size;
        const bool is_control = byte < 0x20 || byte == 0x7f;
        if (size == 0 || (is_control && !keeps_controls)) append_byte(out, text.front());
        else out.append(text.substr(0, size));
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

void append_json(std::string& out, log_level level, std::int64_t at, std::string_view text,
                 const telemetry::log_origin& origin, std::string_view members) {
    json::writer line(out);
    line.begin_object().key("time").string(siem::written_time(at)).key("level").string(name_of(level));
    line.key("message").string(printable(text, true));
    if (!origin.request_id.empty()) line.key("request_id").string(printable(origin.request_id, true));
    if (!origin.trace_id.empty()) line.key("trace_id").string(origin.trace_id);
    if (!members.empty()) out.append(",").append(members);
    line.end_object();
}

void append_text(std::string& out, std::string_view text, const telemetry::log_origin& origin) {
    if (!origin.request_id.empty()) {
        out.append("request ").append(printable(origin.request_id, false));
        if (!origin.trace_id.empty()) out.append(" of trace ").append(origin.trace_id);
        out.append(": ");
    }
    out.append(printable(text, false));
}

}  // namespace

line_form form_of(std::string_view format, bool is_read_by_journal) noexcept {
    if (format == "json") return {.is_json = true, .has_priority = is_read_by_journal};
    const bool is_for_journal = is_read_by_journal || format == "journal";
    return {.has_priority = is_for_journal, .has_time = !is_for_journal};
}

std::string log_line(const line_form& form, log_level level, std::int64_t at, std::string_view text,
                     const telemetry::log_origin& origin, std::string_view members) {
    std::string out;
    if (form.has_priority) out.append({'<', priority_of(level), '>'});
    if (form.is_json) {
        append_json(out, level, at, text, origin, members);
    } else {
        if (form.has_time) out.append(siem::written_time(at)).append(" ").append(name_of(level)).append(" ");
        append_text(out, text, origin);
    }
    out.push_back('\n');
    return out;
}

bool is_journal(int descriptor, const char* journal_stream) noexcept {
    if (journal_stream == nullptr || *journal_stream < '0' || *journal_stream > '9') return false;
    char* end = nullptr;
    const auto device = std::strtoull(journal_stream, &end, 10);
    if (*end != ':' || end[1] < '0' || end[1] > '9') return false;
    const auto inode = std::strtoull(end + 1, &end, 10);
    struct stat about {};
    return *end == '\0' && ::fstat(descriptor, &about) == 0 && about.st_dev == device && about.st_ino == inode;
}

}  // namespace carrel::cli
