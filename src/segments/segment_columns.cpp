#include "segments/segment_columns.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"
#include "segments/zstd.hpp"

#include <algorithm>

namespace carrel::segments {

namespace {

// The bytes of a part; those of one that was packed go into `unpacked`.
std::optional<std::string_view> open_part(std::string_view part, std::shared_ptr<const std::string>& unpacked) {
    byte_reader in(part);
    const std::uint64_t size = in.varint();
    if (in.failed() || in.rest().size() > size) return std::nullopt;
    if (in.rest().size() == size) return in.rest();
    auto text = decompress(in.rest(), size);
    if (!text) return std::nullopt;
    unpacked = std::make_shared<const std::string>(std::move(*text));
    return *unpacked;
}

}  // namespace

template <class Code>
std::size_t text_column::greatest_code(std::size_t events) const noexcept {
    Code greatest = 0;
    for (std::size_t i = 0; i < events; ++i) greatest = std::max(greatest, static_cast<Code>(code_of<Code>(i)));
    return greatest;
}

std::optional<text_column> text_column::read(std::string_view part, std::size_t events) {
    text_column made;
    const auto bytes = open_part(part, made.unpacked_);
    if (!bytes) return std::nullopt;
    byte_reader in(*bytes);
    const std::uint64_t count = in.varint();
    if (count > events) return std::nullopt;
    made.texts_.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) made.texts_.push_back(in.text());
    made.width_ = in.fixed<code_width>();
    if (made.is_constant()) {
        made.same_ = in.fixed<std::uint16_t>();
    } else {
        made.codes_ = in.bytes(events * (made.width_ == code_width::one ? 1 : 2));
    }
    if (in.failed() || made.width_ > code_width::two) return std::nullopt;
    const std::size_t greatest = made.is_constant()               ? made.same_
                                 : made.width_ == code_width::one ? made.greatest_code<std::uint8_t>(events)
                                                                  : made.greatest_code<std::uint16_t>(events);
    if (greatest > count) return std::nullopt;
    return made;
}

template <class Code>
void text_column::keep_marked_of(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const {
    std::size_t kept = 0;
    for (const std::uint32_t event : events) {
        // Written always, kept or not: a branch would be guessed wrongly where codes alternate.
        events[kept] = event;
        kept += marked[code_of<Code>(event)];
    }
    events.resize(kept);
}

void text_column::keep_marked(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const {
    if (is_constant()) {
        if (marked[same_] == 0) events.clear();
    } else if (width_ == code_width::one) {
        keep_marked_of<std::uint8_t>(marked, events);
    } else {
        keep_marked_of<std::uint16_t>(marked, events);
    }
}

std::size_t text_column::code(std::size_t event) const noexcept {
    if (width_ == code_width::constant) return same_;
    return width_ == code_width::one ? code_of<std::uint8_t>(event) : code_of<std::uint16_t>(event);
}

std::optional<segment_columns> segment_columns::open(std::string_view bytes) {
    const auto sound = without_checksum(bytes);
    if (!sound) return std::nullopt;
    byte_reader in(*sound);
    segment_columns made;
    const auto version = in.fixed<std::uint8_t>();
    made.events_ = in.fixed<std::uint32_t>();
    std::array<std::uint32_t, part_count> sizes;
    for (auto& size : sizes) size = in.fixed<std::uint32_t>();
    for (std::size_t i = 0; i < part_count; ++i) made.parts_[i] = in.bytes(sizes[i]);
    const bool is_sound = version == format_version && made.events_ > 0 && made.events_ <= 2 * sealed_format.events_max;
    if (in.failed() || !is_sound) return std::nullopt;
    return made;
}

std::optional<std::vector<timestamp>> segment_columns::times(part which) const {
    std::shared_ptr<const std::string> unpacked;
    const auto bytes = open_part(parts_[which], unpacked);
    if (!bytes) return std::nullopt;
    byte_reader in(*bytes);
    const bool is_constant = in.fixed<std::uint8_t>() != 0;
    std::uint64_t last = static_cast<std::uint64_t>(unzigzag(in.varint()));
    std::vector<timestamp> times(events_, static_cast<timestamp>(last));
    for (std::size_t i = 1; i < events_ && !is_constant; ++i)
        times[i] = static_cast<timestamp>(last += static_cast<std::uint64_t>(unzigzag(in.varint())));
    if (in.failed()) return std::nullopt;
    return times;
}

std::optional<std::vector<uuid>> segment_columns::ids() const {
    std::shared_ptr<const std::string> unpacked;
    const auto bytes = open_part(parts_[part_id], unpacked);
    if (!bytes) return std::nullopt;
    byte_reader in(*bytes);
    std::vector<uuid> ids(events_);
    uuid before;
    for (uuid& id : ids) {
        id.high = before.high + static_cast<std::uint64_t>(unzigzag(in.varint()));
        id.low = id.high == before.high ? before.low + static_cast<std::uint64_t>(unzigzag(in.varint()))
                                        : in.fixed<std::uint64_t>();
        before = id;
    }
    if (in.failed()) return std::nullopt;
    return ids;
}

}  // namespace carrel::segments
