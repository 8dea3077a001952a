#include "syslog/cef.hpp"
#include "fuzz.hpp"
#include "json/walk.hpp"
#include "listeners/cef_event.hpp"
#include "listeners/formats.hpp"
#include "siem/event_reader.hpp"

#include <string>

using namespace carrel;

// Listeners' messages: what a pair of CEF is cut from has not grown, and whatever comes is an event or has a reason.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    std::string_view rest = bytes;
    while (const auto pair = syslog::next_pair(rest)) {
        fuzz::must(!pair->key.empty(), "a pair has a key");
        fuzz::must(pair->key.size() + pair->value.size() < bytes.size(), "a pair is a part of its extension");
    }
    fuzz::must(rest.empty(), "an extension is used up");
    static siem::event_reader reader;
    siem::new_event event;
    siem::stored_listener of;
    of.id = "l";
    of.tags = R"(["t"])";
    syslog::read_text text;
    for (const auto type : {siem::listener_type::cef, siem::listener_type::json, siem::listener_type::syslog}) {
        of.type = type;
        const auto format = listeners::make_format(of);
        const syslog::message_origin from{"192.0.2.1", 1'795'773'600'000'000, size % 2 == 1};
        format->read(bytes, from, text);
        const bool is_event =
            text.reason.empty() && reader.read(text.json, 0, event) == siem::event_reader::verdict::accepted;
        fuzz::must(is_event || type != siem::listener_type::syslog, "syslog is always an event");
        fuzz::must(is_event || !text.reason.empty() || type == siem::listener_type::json, "what is none says why");
        if (is_event) fuzz::must(text.json.starts_with(R"({"listener":{"id":"l",)"), "an event names its listener");
        format->read_raw(bytes, from, "why", text);
        fuzz::must(reader.read(text.json, 0, event) == siem::event_reader::verdict::accepted, "a raw text is an event");
    }
    return 0;
}
