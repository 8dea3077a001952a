#include "segments/parts.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"
#include "segments/segment.hpp"
#include "segments/zstd.hpp"

namespace carrel::segments {

namespace {

// A part as large is packed if that pays. Before each part stands its size unpacked: one that is not as large is packed.
constexpr std::size_t packed_part_min = 512;

std::string packed(const std::string& bytes, int level) {
    std::string made;
    byte_writer out(made);
    out.varint(bytes.size());
    const std::size_t before = made.size();
    const std::size_t size = bytes.size() < packed_part_min ? bytes.size() : compress(bytes, made, level);
    if (size > bytes.size() / 4 * 3) {
        made.resize(before);
        made += bytes;
    }
    append_checksum(made);
    return made;
}

}  // namespace

std::string pack_parts(const std::vector<std::string>& parts, std::size_t events, int level) {
    std::string made, all;
    byte_writer out(made);
    out.fixed(format_version);
    out.fixed(static_cast<std::uint32_t>(events));
    for (const std::string& each : parts) {
        const std::string part = packed(each, level);
        out.fixed(static_cast<std::uint32_t>(part.size()));
        all += part;
    }
    append_checksum(made);
    return made + all;
}

std::optional<part_reader> part_reader::open(std::string_view bytes, std::size_t count) {
    byte_reader in(bytes);
    part_reader made;
    const auto version = in.fixed<std::uint8_t>();
    made.events_ = in.fixed<std::uint32_t>();
    std::vector<std::uint32_t> sizes(count);
    for (auto& size : sizes) size = in.fixed<std::uint32_t>();
    const std::size_t directory = bytes.size() - in.rest().size();
    const bool is_sound = in.fixed<std::uint64_t>() == checksum_of(bytes.substr(0, directory));
    for (const std::uint32_t size : sizes) made.parts_.push_back(in.bytes(size));
    const bool fits = version == format_version && made.events_ > 0 && made.events_ <= 2 * sealed_format.events_max;
    if (in.failed() || !is_sound || !fits || !in.rest().empty()) return std::nullopt;
    return made;
}

std::optional<std::string_view> part_reader::part(std::size_t which,
                                                  std::shared_ptr<const std::string>& unpacked) const {
    const auto sound = without_checksum(parts_[which]);
    if (!sound) return std::nullopt;
    byte_reader in(*sound);
    const std::uint64_t size = in.varint();
    if (in.failed() || in.rest().size() > size) return std::nullopt;
    if (in.rest().size() == size) return in.rest();
    auto text = decompress(in.rest(), size);
    if (!text) return std::nullopt;
    unpacked = std::make_shared<const std::string>(std::move(*text));
    return *unpacked;
}

}  // namespace carrel::segments
