#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace carrel::http {

/// Unpacks gzip piecemeal into a buffer of its own, so that a bomb costs its compressed size only. Members one behind
/// the other are one text. Not thread-safe.
class inflater {
public:
    inflater();
    ~inflater();

    /// Takes bytes from the front of `packed` and returns what they gave, valid until the next call; empty if more are
    /// needed. Check `is_broken` after it.
    std::string_view step(std::string_view& packed);
    bool is_broken() const noexcept { return broken_; }
    /// A member has ended and nothing came after it: the text is whole.
    bool is_complete() const noexcept { return complete_; }

private:
    static constexpr std::size_t buffer_bytes = 64 * 1024;
    struct stream_end {
        void operator()(z_stream_s* stream) const noexcept;
    };
    std::unique_ptr<z_stream_s, stream_end> stream_;
    std::unique_ptr<char[]> buffer_;
    bool broken_ = false;
    bool complete_ = false;
};

}  // namespace carrel::http
