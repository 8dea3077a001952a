#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace carrel::segments {

/// A signed difference as an unsigned number that is small if the difference is.
constexpr std::uint64_t zigzag(std::int64_t number) noexcept {
    return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t number) noexcept {
    return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

/// Appends numbers to bytes of a file, little-endian.
class byte_writer {
public:
    explicit byte_writer(std::string& out) noexcept
        : out_(&out) {}

    template <class Number>
    void fixed(Number number) {
        char bytes[sizeof number];
        std::memcpy(bytes, &number, sizeof number);
        out_->append(bytes, sizeof number);
    }
    /// Seven bits a byte, the lowest first.
    void varint(std::uint64_t number) {
        for (; number >= 0x80; number >>= 7) out_->push_back(static_cast<char>(number | 0x80));
        out_->push_back(static_cast<char>(number));
    }
    void text(std::string_view bytes) {
        varint(bytes.size());
        out_->append(bytes);
    }

private:
    std::string* out_;
};

/// Reads them again. Past the end everything is zero or empty and `failed` is true: damaged bytes are never read beyond.
class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) noexcept
        : at_(bytes.data()),
          end_(bytes.data() + bytes.size()) {}

    template <class Number>
    Number fixed() noexcept {
        Number number{};
        if (!has(sizeof number)) return number;
        std::memcpy(&number, at_, sizeof number);
        at_ += sizeof number;
        return number;
    }
    std::uint64_t varint() noexcept {
        std::uint64_t number = 0;
        for (int shift = 0; shift < 64 && has(1); shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return number;
        }
        failed_ = true;
        return 0;
    }
    std::string_view bytes(std::uint64_t size) noexcept {
        if (!has(size)) return {};
        const std::string_view taken(at_, size);
        at_ += size;
        return taken;
    }
    std::string_view text() noexcept { return bytes(varint()); }
    std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    bool failed() const noexcept { return failed_; }

private:
    bool has(std::uint64_t size) noexcept {
        if (size <= static_cast<std::uint64_t>(end_ - at_)) return true;
        failed_ = true;
        at_ = end_;
        return false;
    }

    const char* at_;
    const char* end_;
    bool failed_ = false;
};

}  // namespace carrel::segments
