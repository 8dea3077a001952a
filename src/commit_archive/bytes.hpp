#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Numbers as files hold them: SQLite's with the highest byte first, the archive's own with the lowest.
namespace carrel::commits {

inline std::uint32_t big_endian(std::string_view bytes) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

template <class T>
void put(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

/// Takes values from the front of a text; whoever calls knows that it is long enough.
class taker {
public:
    explicit taker(std::string_view bytes) noexcept
        : bytes_(bytes) {}
    template <class T>
    T number() noexcept {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            value |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
        bytes_.remove_prefix(sizeof(T));
        return static_cast<T>(value);
    }
    std::string_view text(std::size_t size) noexcept {
        const auto taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }

private:
    std::string_view bytes_;
};

}  // namespace carrel::commits
