#include "segments/segment_texts.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"
#include "segments/segment_columns.hpp"
#include "segments/zstd.hpp"

#include <algorithm>

namespace carrel::segments {

std::optional<segment_texts> segment_texts::open(std::string_view bytes, std::size_t events) {
    byte_reader in(bytes);
    segment_texts made;
    if (in.fixed<std::uint8_t>() != format_version) return std::nullopt;
    const std::uint64_t count = in.varint();
    if (count > events || count > frames_max) return std::nullopt;
    std::vector<std::uint64_t> packed_sizes;
    std::size_t first = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t held = in.varint(), size = in.varint();
        packed_sizes.push_back(in.varint());
        if (held > events - first) return std::nullopt;
        made.frames_.push_back({first, held, size, {}});
        first += held;
    }
    const std::size_t directory = bytes.size() - in.rest().size();
    if (in.fixed<std::uint64_t>() != checksum_of(bytes.substr(0, directory))) return std::nullopt;
    for (std::size_t i = 0; i < made.frames_.size(); ++i) made.frames_[i].bytes = in.bytes(packed_sizes[i]);
    if (in.failed() || first != events || !in.rest().empty()) return std::nullopt;
    return made;
}

std::size_t segment_texts::frame_of(std::size_t event) const noexcept {
    const auto behind =
        std::upper_bound(frames_.begin(), frames_.end(), event,
                         [](std::size_t number, const frame& each) { return number < each.first_event; });
    return static_cast<std::size_t>(behind - frames_.begin()) - 1;
}

std::optional<std::string_view> segment_texts::text(std::size_t event) {
    const auto holds = [&](std::size_t at) {
        return event >= frames_[at].first_event && event < frames_[at].first_event + frames_[at].events;
    };
    if (open_ == none || !holds(open_))
        if (!unpack(frame_of(event))) return std::nullopt;
    return texts_[event - frames_[open_].first_event];
}

std::size_t segment_texts::frame_end(std::size_t event) const noexcept {
    const frame& found = frames_[frame_of(event)];
    return found.first_event + found.events;
}

void segment_texts::keep_frames(frame_mask wanted, std::vector<std::uint32_t>& events) const {
    std::size_t at = 0;
    std::erase_if(events, [&](std::uint32_t event) {
        while (event >= frames_[at].first_event + frames_[at].events) ++at;
        return (wanted >> at & 1) == 0;
    });
}

bool segment_texts::unpack(std::size_t wanted) {
    open_ = none;
    auto unpacked = decompress(frames_[wanted].bytes, frames_[wanted].size);
    if (!unpacked) return false;
    unpacked_ = std::move(*unpacked);
    byte_reader in(unpacked_);
    std::vector<std::uint64_t> sizes(frames_[wanted].events);
    for (auto& size : sizes) size = in.varint();
    texts_.clear();
    for (const std::uint64_t size : sizes) texts_.push_back(in.bytes(size));
    if (in.failed() || !in.rest().empty()) return false;
    open_ = wanted;
    return true;
}

}  // namespace carrel::segments
