#include "listeners/cef_event.hpp"

#include "base/utf8.hpp"
#include "json/writer.hpp"
#include "siem/text_trim.hpp"
#include "syslog/cef.hpp"
#include "syslog/header.hpp"

#include <set>

namespace carrel::listeners {

namespace {

using syslog::message_origin;
using syslog::read_text;

constexpr std::size_t pairs_max = 512;

std::string text_of(std::string_view escaped) { return json::as_utf8(syslog::without_escapes(escaped)); }

void write_text(json::writer& out, std::string_view name, std::string_view escaped) {
    out.key(name).string(text_of(escaped));
}

// What an extension says of the columns.
struct said_times {
    std::optional<siem::timestamp> rt, end, start;
};

void note(const syslog::cef_pair& pair, const message_origin& from, said_times& times, read_text& into) {
    if (pair.key == "rt") times.rt = syslog::time_of_cef(pair.value, from.received_at);
    if (pair.key == "end") times.end = syslog::time_of_cef(pair.value, from.received_at);
    if (pair.key == "start") times.start = syslog::time_of_cef(pair.value, from.received_at);
    if (pair.key == "dvchost" && !pair.value.empty()) into.host = text_of(pair.value);
}

std::optional<siem::timestamp> first_of(const said_times& times) {
    return times.rt ? times.rt : times.end ? times.end : times.start;
}

void write_extension(json::writer& out, std::string_view extension, const message_origin& from, read_text& into) {
    std::set<std::string_view> known;
    said_times times;
    out.key("extension").begin_object();
    while (const auto pair = syslog::next_pair(extension)) {
        if (!known.insert(pair->key).second) continue;
        write_text(out, pair->key, pair->value);
        note(*pair, from, times, into);
        if (known.size() < pairs_max) continue;
        if (!extension.empty()) write_text(out, "_rest", extension);
        break;
    }
    out.end_object();
    if (const auto at = first_of(times)) into.at = at;
}

// What stands before is a syslog header, whose priority may be missing.
void write_header(json::writer& out, std::string_view before, const message_origin& from, read_text& into) {
    const std::string_view trimmed = siem::trimmed(before);
    if (trimmed.empty()) return;
    const bool has_priority = trimmed.starts_with('<');
    const std::string text = (has_priority ? "" : "<13>") + std::string(trimmed) + " -";
    const auto head = syslog::read_header(text);
    if (!head.time.empty()) out.key("time").string(json::as_utf8(head.time));
    if (!head.host.empty()) {
        into.host = json::as_utf8(head.host);
        out.key("host").string(*into.host);
    }
    if (has_priority && head.priority) out.key("priority").integer(*head.priority);
    if (!head.is_5424) into.at = syslog::time_of_3164(head.time, from.received_at);
}

}  // namespace

void read_cef_event(std::string_view message, const message_origin& from, read_text& into) {
    syslog::cef_message parts;
    if (!syslog::read_cef(message, parts, into.details)) {
        into.reason = "not CEF";
        return;
    }
    json::writer out(into.json);
    out.begin_object();
    write_header(out, parts.before, from, into);
    out.key("cef").begin_object();
    write_text(out, "version", parts.version);
    write_text(out, "device_vendor", parts.vendor);
    write_text(out, "device_product", parts.product);
    write_text(out, "device_version", parts.product_version);
    write_text(out, "signature_id", parts.signature_id);
    write_text(out, "name", parts.name);
    write_text(out, "severity", parts.severity);
    write_extension(out, parts.extension, from, into);
    out.end_object();
    if (from.was_cut) out.key("truncated").boolean(true);
    out.end_object();
    if (!parts.product.empty()) into.source = text_of(parts.product);
    if (!parts.signature_id.empty()) into.event_code = text_of(parts.signature_id);
    if (!parts.severity.empty()) into.severity = text_of(parts.severity);
}

}  // namespace carrel::listeners
