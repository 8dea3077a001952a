#pragma once

#include "segments/checksum.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// Distinct tokens. Not thread-safe.
class token_set {
public:
    token_set();
    void add(std::uint64_t token) {
        if (slots_.size() < 2 * (count_ + 1)) grow();
        insert(token == 0 ? 1 : token);  // 0 marks a free slot
    }
    std::size_t size() const noexcept { return count_; }
    void clear() noexcept;
    /// The tokens in no order.
    template <class Function>
    void each(Function function) const {
        for (const std::uint64_t token : slots_)
            if (token != 0) function(token);
    }

private:
    void insert(std::uint64_t token) noexcept {
        std::size_t slot = static_cast<std::size_t>(token * factor_ >> shift_);
        while (slots_[slot] != 0 && slots_[slot] != token) slot = (slot + 1) & (slots_.size() - 1);
        count_ += slots_[slot] == 0;
        slots_[slot] = token;
    }
    void grow();

    std::vector<std::uint64_t> slots_;
    std::size_t count_ = 0;
    int shift_ = 0;
    std::uint64_t factor_;  // of this process, so that nobody can choose tokens that meet in a slot
};

/// A Bloom filter over tokens as bytes of a file: twelve bits a token, eight of them set, so that 3 of 1,000 tokens that
/// are not there seem to be.
std::string make_filter(const token_set& tokens);

/// The same, read. Bytes that are no filter, or a damaged one, hold everything, so that nothing is missed. The bytes must
/// outlive it.
class token_filter {
public:
    explicit token_filter(std::string_view bytes) noexcept
        : bits_(without_checksum(bytes)) {}
    bool is_sound() const noexcept { return bits_.has_value(); }
    bool may_hold(std::uint64_t token) const noexcept;

private:
    std::optional<std::string_view> bits_;
};

}  // namespace carrel::segments
