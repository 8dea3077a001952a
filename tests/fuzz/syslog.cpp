#include "fuzz.hpp"
#include "json/walk.hpp"
#include "siem/event_reader.hpp"
#include "syslog/framing.hpp"
#include "syslog/message.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace carrel;

constexpr std::size_t message_bytes_max = 64;

std::string framed(std::string_view bytes, std::size_t step) {
    syslog::framing cut(message_bytes_max);
    std::string all;
    const auto add = [&] {
        fuzz::must(!cut.message().empty() && cut.message().size() <= message_bytes_max, "a message is bounded");
        all.append(cut.message()).append(cut.was_cut() ? "~|" : "|");
    };
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
        auto part = bytes.substr(0, step);
        while (cut.next(part)) add();
    }
    if (cut.finish()) add();
    return all;
}

}  // namespace

// Syslog: a stream is cut alike however it comes, and each message becomes an event.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    fuzz::must(framed(bytes, size + 1) == framed(bytes, 1 + size % 7), "a stream is the same however it is cut");
    static siem::event_reader reader;
    siem::new_event event;
    syslog::event_text text;
    syslog::read_message(bytes, 1'795'773'600'000'000, "192.0.2.1", false, text);
    fuzz::must(reader.read(text.json, 0, event) == siem::event_reader::verdict::accepted, "a message is an event");
    return 0;
}
