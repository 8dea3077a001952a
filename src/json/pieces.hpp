#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace carrel::json {

/// Text that is known early and copied often: its bytes stand in a fixed room, which is copied whole.
class short_text {
public:
    static constexpr std::size_t size_max = 32;

    /// Throws std::length_error if `text` is longer than `size_max`.
    explicit short_text(std::string_view text);

private:
    friend class pieces;
    std::array<char, size_max> bytes_{};
    std::uint8_t size_ = 0;
};

/// Collects short pieces of JSON and appends them to a string together: what an append costs is more than the copy of a
/// few bytes. The string has all of them after `flush`, which the caller calls at the end: it may need memory, and a
/// destructor must not fail. Not thread-safe.
class pieces {
public:
    explicit pieces(std::string& out) noexcept
        : out_(out) {}
    pieces(const pieces&) = delete;
    pieces& operator=(const pieces&) = delete;

    void put(char c) {
        make_room(1);
        *end_++ = c;
    }
    void put(const short_text& text) {
        make_room(short_text::size_max);
        std::memcpy(end_, text.bytes_.data(), short_text::size_max);
        end_ += text.size_;
    }
    /// JSON as it is; of any size.
    void raw(std::string_view json);
    /// UTF-8 between quotes, escaped as JSON requires; of any size.
    void string(std::string_view text);
    /// As `string`, of a text that needs no escape.
    void plain(std::string_view text);
    void integer(std::int64_t number);
    /// Errors: std::bad_alloc, as any of the above.
    void flush();

private:
    std::size_t room() const noexcept { return static_cast<std::size_t>(held_.data() + held_.size() - end_); }
    void make_room(std::size_t size) {
        if (room() < size) flush();
    }

    std::string& out_;
    std::array<char, 2'048> held_;
    char* end_ = held_.data();
};

}  // namespace carrel::json
