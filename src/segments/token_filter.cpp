#include "segments/token_filter.hpp"

#include "base/multiply.hpp"
#include "base/siphash.hpp"
#include "segments/byte_writer.hpp"
#include "sqlite/failpoints.hpp"

#include <algorithm>
#include <bit>

namespace carrel::segments {

namespace {

constexpr std::size_t bits_a_token = 11;
// Several blocks have this many bytes each; a filter of fewer is one block.
constexpr std::size_t block_bits_bytes = 1024;
constexpr std::size_t trailer_bytes = filter_block_bytes_max - block_bits_bytes;
// Of a few tokens: in fewer bytes their bits would fill it.
constexpr std::size_t bytes_min = 16;
constexpr std::size_t slots_first = 1024;
// What a large segment needed is given back before the next.
constexpr std::size_t slots_kept_max = 1u << 17;

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

// Above the number of any frame. More bits are set of such a token than of others: it costs more to be wrong about it.
constexpr std::uint64_t all_code = token_set::several;
constexpr int probes_of(std::uint64_t frame) noexcept { return frame == all_code ? 10 : 8; }

// The bits of a token in its block, one after the other: a number made from it and its frame in odd steps, scaled to the
// block. The token's upper bits chose the block, so they are mixed first.
class bit_walk {
public:
    bit_walk(std::uint64_t token, std::uint64_t frame, std::uint64_t salt, std::size_t bits) noexcept
        : at_((token ^ (salt << 8 | frame) * 0xd1b54a32d192ed03) * golden),
          step_(std::rotl(at_ * golden, 29) | 1),
          bits_(bits) {
        at_ ^= std::rotl(at_, 32);
    }
    std::size_t next() noexcept {
        const std::uint64_t scaled = base::multiply(at_, bits_).high;
        at_ += step_;
        return static_cast<std::size_t>(scaled);
    }

private:
    std::uint64_t at_, step_, bits_;
};

void set_bits(std::uint64_t token, std::uint64_t frame, std::uint32_t salt, char* bits, std::size_t size) noexcept {
    bit_walk walk(token, frame, salt, size * 8);
    for (int probe = 0; probe < probes_of(frame); ++probe) {
        const std::size_t bit = walk.next();
        bits[bit / 8] = static_cast<char>(static_cast<unsigned char>(bits[bit / 8]) | 1u << bit % 8);
    }
}

bool has_bits(std::uint64_t token, std::uint64_t frame, std::uint32_t salt, std::string_view bits) noexcept {
    bit_walk walk(token, frame, salt, bits.size() * 8);
    for (int probe = 0; probe < probes_of(frame); ++probe) {
        const std::size_t bit = walk.next();
        if ((static_cast<unsigned char>(bits[bit / 8]) >> bit % 8 & 1u) == 0) return false;
    }
    return true;
}

// A block's bits, and of how many frames; nothing for a damaged one.
struct open_block {
    std::string_view bits;
    std::size_t frames;
    std::uint32_t salt;
};
std::optional<open_block> open(const filter_block& about, std::string_view block) noexcept {
    const auto sound = without_checksum(block);
    if (!sound || block.size() < trailer_bytes) return std::nullopt;
    const std::size_t size = block.size() - trailer_bytes;
    byte_reader trailer(sound->substr(size));
    const std::size_t frames = trailer.fixed<std::uint8_t>();
    const auto number = trailer.fixed<std::uint16_t>(), count = trailer.fixed<std::uint16_t>();
    const auto salt = trailer.fixed<std::uint32_t>();
    if (number != about.number || count != about.count || frames > frames_max) return std::nullopt;
    return open_block{sound->substr(0, size), frames, salt};
}

}  // namespace

token_set::token_set()
    : factor_(base::siphash<>(base::process_hash_key())("token_set") | 1) {}

void token_set::clear() noexcept {
    if (slots_.size() > slots_kept_max) slots_.clear();
    slots_.assign(slots_.size(), 0);
    count_ = 0;
}

void token_set::grow() {
    std::vector<std::uint64_t> before(slots_.empty() ? slots_first : 2 * slots_.size(), 0);
    std::vector<std::uint8_t> frames(before.size(), 0);
    before.swap(slots_);
    frames.swap(frames_);
    shift_ = 64 - std::countr_zero(slots_.size());
    count_ = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i] != 0) insert(before[i], frames[i]);
}

filter_block filter_block::of(std::uint64_t token, std::size_t filter_bytes) noexcept {
    if (filter_bytes <= filter_block_bytes_max) return {0, filter_bytes, 0, 1};
    const std::size_t count = filter_bytes / filter_block_bytes_max;
    // A filter whose blocks are not whole is damaged: so is the one block that it is then taken for.
    if (filter_bytes % filter_block_bytes_max != 0 || count > 0xffff) return {0, filter_bytes, 0, 1};
    const auto number = static_cast<std::size_t>(base::multiply(token, count).high);
    return {number * filter_block_bytes_max, filter_block_bytes_max, static_cast<std::uint16_t>(number),
            static_cast<std::uint16_t>(count)};
}

std::string make_filter(const token_set& tokens, std::size_t frames, std::uint32_t salt) {
    const std::size_t needed = (tokens.size() * bits_a_token + 7) / 8;
    const std::size_t count = std::clamp<std::size_t>((needed + block_bits_bytes - 1) / block_bits_bytes, 1, 0xffff);
    const std::size_t bits = tokens.size() == 0 ? 0 : count > 1 ? block_bits_bytes : std::max(needed, bytes_min);
    std::string bytes(count * (bits + trailer_bytes), '\0');
    tokens.each([&](std::uint64_t token, std::uint8_t frame) {
        const auto block = filter_block::of(token, bytes.size());
        set_bits(token, frames > 1 ? frame : all_code, salt, bytes.data() + block.offset, bits);
    });
    for (std::size_t i = 0; i < count; ++i) {
        std::string block(bytes, i * (bits + trailer_bytes), bits);
        byte_writer trailer(block);
        trailer.fixed(static_cast<std::uint8_t>(frames));
        trailer.fixed(static_cast<std::uint16_t>(i));
        trailer.fixed(static_cast<std::uint16_t>(count));
        trailer.fixed(salt);
        append_checksum(block);
        bytes.replace(i * block.size(), block.size(), block);
    }
    return bytes;
}

frame_mask frames_of(std::uint64_t token, const filter_block& about, std::string_view block) noexcept {
    if (token % 16 == 0 && failpoints::is_set(failpoint::filter_says_no)) return 0;
    const auto read = open(about, block);
    if (!read) return all_frames;
    if (read->bits.empty()) return 0;
    if (token == 0) token = 1;
    if (has_bits(token, all_code, read->salt, read->bits)) return all_frames;
    frame_mask found = 0;
    for (std::size_t frame = 0; frame < read->frames && read->frames > 1; ++frame)
        if (has_bits(token, frame, read->salt, read->bits)) found |= frame_mask{1} << frame;
    return found;
}

bool token_filter::is_sound() const noexcept {
    const std::size_t count = filter_block::of(0, bytes_.size()).count;
    const std::size_t size = bytes_.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
        const filter_block about{i * size, size, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(count)};
        if (!open(about, bytes_.substr(about.offset, size))) return false;
    }
    return true;
}

frame_mask token_filter::frames_of(std::uint64_t token) const noexcept {
    const auto block = filter_block::of(token, bytes_.size());
    return segments::frames_of(token, block, bytes_.substr(block.offset, block.size));
}

}  // namespace carrel::segments
