#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace carrel::base {

/// Unpacks gzip piecemeal into a buffer of its own, so that a bomb costs its compressed size only. Members one behind
/// the other are one text, and zeros behind the last one are padding. Not thread-safe.
class inflater {
public:
    inflater();
    ~inflater();

    /// Takes bytes from the front of `packed` and returns what they gave, valid until the next call; empty if more are
    /// needed. Check `is_broken` after it.
    std::string_view step(std::string_view& packed);
    bool is_broken() const noexcept { return !why_.empty(); }
    /// What is wrong with the bytes, as a clause about them; empty if nothing is.
    std::string_view why() const noexcept { return why_; }
    /// A member has ended and nothing but padding came after it: the text is whole.
    bool is_complete() const noexcept { return complete_; }

    /// Whether a text begins as gzip does.
    static bool is_gzip(std::string_view text) noexcept { return text.starts_with("\x1f\x8b"); }

private:
    static constexpr std::size_t buffer_bytes = 64 * 1024;
    struct stream_end {
        void operator()(z_stream_s* stream) const noexcept;
    };
    bool begin_member(std::string_view& packed);

    std::unique_ptr<z_stream_s, stream_end> stream_;
    std::unique_ptr<char[]> buffer_;
    std::string_view why_;
    bool complete_ = false;
};

}  // namespace carrel::base
