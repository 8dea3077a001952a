#include "syslog/message.hpp"

#include "base/utf8.hpp"
#include "json/writer.hpp"
#include "shippers/made_json.hpp"
#include "siem/text_trim.hpp"
#include "syslog/header.hpp"

#include <array>

namespace carrel::syslog {

namespace {

constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};
constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                        "warning", "notice", "info", "debug"};
constexpr int priority_otherwise = 13;  // user, notice: RFC 3164 4.3.3

void write_text(json::writer& out, std::string_view name, std::string_view text) {
    if (!text.empty()) out.key(name).string(json::as_utf8(text));
}

// `\"`, `\\` and `\]` stand for the second character; another backslash for itself.
std::string unescaped(std::string_view value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool is_escape = value[i] == '\\' && i + 1 < value.size() &&
                               (value[i + 1] == '"' || value[i + 1] == '\\' || value[i + 1] == ']');
        text.push_back(value[is_escape ? ++i : i]);
    }
    return json::as_utf8(text);
}

void write_structured_data(json::writer& out, std::string_view data) {
    if (data.empty()) return;
    out.key("structured_data").begin_object();
    while (const auto element = next_element(data)) {
        out.key(json::as_utf8(element->id)).begin_object();
        std::string_view parameters = element->parameters;
        while (const auto parameter = next_parameter(parameters))
            out.key(json::as_utf8(parameter->name)).string(unescaped(parameter->value));
        out.end_object();
    }
    out.end_object();
}

std::string_view without_cookie(std::string_view text) {
    constexpr std::string_view cookie = "@cee:";
    const std::string_view content = siem::trimmed(text);
    if (!content.starts_with(cookie)) return text;
    const std::string_view json = siem::trimmed(content.substr(cookie.size()));
    return shippers::is_object_text(json) ? json : text;
}

}  // namespace

void read_message(std::string_view message, siem::timestamp received_at, std::string_view peer, bool was_cut,
                  event_text& into) {
    const header head = read_header(message);
    const int priority = head.priority.value_or(priority_otherwise);
    into.json.clear();
    into.at = head.is_5424 ? std::nullopt : time_of_3164(head.time, received_at);
    json::writer out(into.json);
    out.begin_object();
    write_text(out, "time", head.time);
    out.key("facility").string(facilities[static_cast<std::size_t>(priority / 8)]);
    out.key("facility_code").integer(priority / 8);
    out.key("severity").string(severities[static_cast<std::size_t>(priority % 8)]);
    out.key("severity_code").integer(priority % 8);
    write_text(out, "host", head.host);
    write_text(out, "app", head.app);
    write_text(out, "pid", head.pid);
    write_text(out, "msgid", head.msgid);
    write_structured_data(out, head.structured_data);
    shippers::write_message(out, "message", without_cookie(head.text));
    if (was_cut) out.key("truncated").boolean(true);
    write_text(out, "peer", peer);
    out.end_object();
}

}  // namespace carrel::syslog
