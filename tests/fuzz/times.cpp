#include "base/time.hpp"
#include "fuzz.hpp"

#include <cstdlib>
#include <ctime>
#include <string>

namespace {

using namespace carrel;

// The C library's opinion of a time that was accepted.
siem::timestamp whole_seconds_of(const std::string& text) {
    std::tm parts{};
    parts.tm_year = std::atoi(text.substr(0, 4).c_str()) - 1900;
    parts.tm_mon = std::atoi(text.substr(5, 2).c_str()) - 1;
    parts.tm_mday = std::atoi(text.substr(8, 2).c_str());
    parts.tm_hour = std::atoi(text.substr(11, 2).c_str());
    parts.tm_min = std::atoi(text.substr(14, 2).c_str());
    parts.tm_sec = std::atoi(text.substr(17, 2).c_str());
    const auto zone = text.find_first_of("+-", 19);
    siem::timestamp offset = 0;
    if (zone != text.npos)
        offset = std::atoi(text.substr(zone + 1, 2).c_str()) * 3600 + std::atoi(text.substr(zone + 4, 2).c_str()) * 60;
    if (zone != text.npos && text[zone] == '-') offset = -offset;
    return ::timegm(&parts) - offset;
}

constexpr siem::timestamp event_time_min = -2'177'452'800'000'000;  // 1901-01-01

siem::timestamp floor_seconds(siem::timestamp at) { return at / 1'000'000 - (at % 1'000'000 < 0 ? 1 : 0); }

}  // namespace

// Times: what is accepted is written and read again as the same, and means what the C library means.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (const auto at = siem::parse_time(text)) {
        const auto written = siem::format_time(*at);
        fuzz::must(written.size() == 27 && siem::parse_time(written) == at, "a time is written as it was read");
        fuzz::must(floor_seconds(*at) == whole_seconds_of(std::string(text)), "a time is what the C library says");
        if (*at >= 0) fuzz::must(siem::parse_event_time(text) == at, "an event may have any time after 1970");
    }
    if (const auto at = siem::parse_event_time(text)) {
        fuzz::must(*at >= event_time_min && *at <= siem::timestamp_max, "an event's time is between 1901 and 9999");
        fuzz::must(siem::parse_event_time(siem::format_time(*at)) == at, "an event's time is written as it was read");
    }
    if (const auto at = siem::parse_epoch(text)) fuzz::must(siem::parse_event_time(text) == at, "an event may have it");
    return 0;
}
