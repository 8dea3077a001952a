#include "segments/token_filter.hpp"

#include "base/multiply.hpp"
#include "base/siphash.hpp"
#include "sqlite/failpoints.hpp"

#include <algorithm>
#include <bit>

namespace carrel::segments {

namespace {

constexpr std::size_t bits_a_token = 12;
constexpr int probes = 8;
// Of a few tokens: in fewer bytes their bits would fill it.
constexpr std::size_t bytes_min = 16;
constexpr std::size_t slots_first = 1024;
// What a large segment needed is given back before the next.
constexpr std::size_t slots_kept_max = 1u << 17;

// The bits of a token, one after the other: its number in steps of an odd number made from it, scaled to the filter.
class bit_walk {
public:
    bit_walk(std::uint64_t token, std::size_t bits) noexcept
        : at_(token),
          step_(std::rotl(token * 0x9e3779b97f4a7c15, 29) | 1),
          bits_(bits) {}
    std::size_t next() noexcept {
        const std::uint64_t scaled = base::multiply(at_, bits_).high;
        at_ += step_;
        return static_cast<std::size_t>(scaled);
    }

private:
    std::uint64_t at_, step_, bits_;
};

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
    before.swap(slots_);
    shift_ = 64 - std::countr_zero(slots_.size());
    count_ = 0;
    for (const std::uint64_t token : before)
        if (token != 0) insert(token);
}

std::string make_filter(const token_set& tokens) {
    const std::size_t needed = (tokens.size() * bits_a_token + 7) / 8;
    std::string bytes(tokens.size() == 0 ? 0 : std::max(needed, bytes_min), '\0');
    const std::size_t bits = bytes.size() * 8;
    tokens.each([&](std::uint64_t token) {
        bit_walk walk(token, bits);
        for (int probe = 0; probe < probes; ++probe) {
            const std::size_t bit = walk.next();
            bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) | 1u << bit % 8);
        }
    });
    append_checksum(bytes);
    return bytes;
}

bool token_filter::may_hold(std::uint64_t token) const noexcept {
    if (token % 16 == 0 && failpoints::is_set(failpoint::filter_says_no)) return false;
    if (!bits_) return true;
    const std::size_t bits = bits_->size() * 8;
    if (bits == 0) return false;
    bit_walk walk(token == 0 ? 1 : token, bits);
    for (int probe = 0; probe < probes; ++probe) {
        const std::size_t bit = walk.next();
        if ((static_cast<unsigned char>((*bits_)[bit / 8]) >> bit % 8 & 1u) == 0) return false;
    }
    return true;
}

}  // namespace carrel::segments
