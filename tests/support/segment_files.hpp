#pragma once

#include "segments/segment_builder.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace carrel::testing {

/// What went into a segment, to be compared with what comes out.
struct stored_event {
    siem::uuid id;
    siem::timestamp at, received_at;
    std::array<std::optional<std::string>, segments::column_count> texts;
    std::string text;
};

inline std::vector<stored_event> some_events(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<stored_event> made;
    for (std::size_t i = 0; i < count; ++i) {
        stored_event each;
        each.id = {random() >> random() % 60, random()};
        each.at = static_cast<siem::timestamp>(random() >> random() % 60) * (random() % 2 == 0 ? 1 : -1);
        each.received_at = static_cast<siem::timestamp>(i / 100);
        for (auto& text : each.texts)
            if (random() % 4 != 0) text = "text " + std::to_string(random() % (i + 1));
        each.text = "{\"n\":" + std::to_string(random()) + ",\"p\":\"" + std::string(random() % 300, 'x') + "\"}";
        made.push_back(std::move(each));
    }
    return made;
}

inline void add(segments::segment_builder& builder, const stored_event& each) {
    segments::event_head head{each.id, each.at, each.received_at, {}};
    for (std::size_t i = 0; i < segments::column_count; ++i) head.texts[i] = each.texts[i];
    builder.add_token(each.id.low);
    builder.add(head, each.text);
}

inline segments::segment segment_of(const std::vector<stored_event>& events, const segments::segment_format& format) {
    segments::segment_builder builder(format);
    for (const auto& each : events) add(builder, each);
    return builder.finish();
}

/// Some bytes changed, a piece gone or doubled.
inline std::string damaged(std::string bytes, std::mt19937_64& random) {
    const std::string before = bytes;
    while (bytes == before) {
        const std::size_t at = random() % bytes.size(), size = random() % (bytes.size() - at) + 1;
        switch (random() % 5) {
            case 0: bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8); break;
            case 1: bytes.resize(at); break;
            case 2: bytes.erase(at, size); break;
            case 3: bytes.insert(at, before.substr(at, size)); break;
            default:
                for (std::size_t i = 0; i < std::min<std::size_t>(size, 64); ++i)
                    bytes[at + i] = static_cast<char>(random());
        }
    }
    return bytes;
}

}  // namespace carrel::testing
