#include "siem/event_parts.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// What an event costs besides its texts.
constexpr std::size_t event_overhead = 256;

}  // namespace

bool event_parts::is_full_for(std::size_t text_bytes) const noexcept {
    if (growing_.events == 0) return false;
    const std::int64_t events_max = growing_.identities.empty() ? event_part_max : identified_part_max;
    return growing_.events >= events_max || growing_.bytes + text_bytes + event_overhead > event_part_bytes_max;
}

uuid event_parts::add(const new_event& read, std::string_view text, const event_identity& identity, bool is_untimed) {
    segments::event_head head{fresh_id_(), read.at, received_at_, {}};
    head.texts = {read.source, read.host, read.channel, read.event_code, read.severity};
    for (const std::uint64_t token : read.tokens) builder_.add_token(token);
    for (const std::uint64_t token : read.paths) builder_.add_path(token);
    builder_.add(head, text);
    if (builder_.is_full()) end_segment();
    if (!is_nil(identity) || !growing_.identities.empty()) {
        growing_.identities.resize(static_cast<std::size_t>(growing_.events));
        growing_.identities.push_back(identity);
    }
    if (is_untimed) growing_.untimed.push_back(static_cast<std::uint32_t>(growing_.events));
    growing_.bytes += text.size() + event_overhead;
    if (growing_.events++ == 0) growing_.first_id = head.id;
    growing_.last_id = head.id;
    return head.id;
}

void event_parts::end_segment() {
    if (builder_.events() > 0) growing_.segments.push_back(builder_.finish());
}

void event_parts::end(std::string chain, bool last) {
    end_segment();
    growing_.number = parts_++;
    growing_.last = last;
    growing_.received_at = received_at_;
    growing_.chain = std::move(chain);
    growing_.idempotency = key_;
    bytes_complete_ += growing_.bytes;
    complete_.push_back(std::move(growing_));
    growing_ = {};
}

std::optional<event_part> event_parts::take() {
    if (complete_.empty()) return std::nullopt;
    event_part part = std::move(complete_.front());
    complete_.pop_front();
    bytes_complete_ -= part.bytes;
    return part;
}

}  // namespace carrel::siem
