#pragma once

#include "segments/checksum.hpp"
#include "segments/segment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// Distinct tokens, each with the frame that has it if only one does. Not thread-safe.
class token_set {
public:
    /// Instead of a frame: several of them.
    static constexpr std::uint8_t several = 0xff;

    token_set();
    void add(std::uint64_t token, std::size_t frame = 0) {
        if (slots_.size() < 2 * (count_ + 1)) grow();
        insert(token == 0 ? 1 : token, static_cast<std::uint8_t>(frame));  // 0 marks a free slot
    }
    std::size_t size() const noexcept { return count_; }
    void clear() noexcept;
    /// The tokens in no order, each with its frame.
    template <class Function>
    void each(Function function) const {
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i] != 0) function(slots_[i], frames_[i]);
    }

private:
    void insert(std::uint64_t token, std::uint8_t frame) noexcept {
        std::size_t slot = static_cast<std::size_t>(token * factor_ >> shift_);
        while (slots_[slot] != 0 && slots_[slot] != token) slot = (slot + 1) & (slots_.size() - 1);
        if (slots_[slot] == 0) {
            ++count_;
            slots_[slot] = token;
            frames_[slot] = frame;
        } else if (frames_[slot] != frame) {
            frames_[slot] = several;
        }
    }
    void grow();

    std::vector<std::uint64_t> slots_;
    std::vector<std::uint8_t> frames_;
    std::size_t count_ = 0;
    int shift_ = 0;
    std::uint64_t factor_;  // of this process, so that nobody can choose tokens that meet in a slot
};

/// A Bloom filter over tokens as bytes of a file: eleven bits a token, eight or ten of them set. It is cut into blocks, so that one
/// token is looked for without the rest, and tells apart in which of a segment's frames a token is that only one of them
/// has. Of tokens that are not there 7 of 1,000 seem to be in a certain frame, and 2 in all of them.
///
/// Segments often hold much the same. With a salt each, a token that seems to be in one of them is not in all.
std::string make_filter(const token_set& tokens, std::size_t frames = 1, std::uint32_t salt = 0);

/// Where in a filter of some bytes a token's block is.
struct filter_block {
    std::size_t offset, size;
    std::uint16_t number, count;

    static filter_block of(std::uint64_t token, std::size_t filter_bytes) noexcept;
};
/// No block is longer.
inline constexpr std::size_t filter_block_bytes_max = 1024 + 9 + sizeof(std::uint64_t);

/// The frames in which a token may be, by its block. One that is damaged, or another than `about` says, holds everything,
/// so that nothing is missed.
frame_mask frames_of(std::uint64_t token, const filter_block& about, std::string_view block) noexcept;

/// A whole filter, read. The bytes must outlive it.
class token_filter {
public:
    explicit token_filter(std::string_view bytes) noexcept
        : bytes_(bytes) {}
    /// Whether no block is damaged.
    bool is_sound() const noexcept;
    frame_mask frames_of(std::uint64_t token) const noexcept;
    bool may_hold(std::uint64_t token) const noexcept { return frames_of(token) != 0; }

private:
    std::string_view bytes_;
};

}  // namespace carrel::segments
