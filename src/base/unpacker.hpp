#pragma once

#include <string_view>

namespace carrel::base {

/// Unpacks a text piecemeal into a buffer of its own, so that a bomb costs its packed size only. Not thread-safe.
class unpacker {
public:
    unpacker() = default;
    unpacker(const unpacker&) = delete;
    unpacker& operator=(const unpacker&) = delete;
    virtual ~unpacker() = default;

    /// Takes bytes from the front of `packed` and returns what they gave, valid until the next call; empty if more are
    /// needed. Check `is_broken` after it.
    virtual std::string_view step(std::string_view& packed) = 0;
    bool is_broken() const noexcept { return !why_.empty(); }
    /// What is wrong with the bytes, as a clause about them; empty if nothing is.
    std::string_view why() const noexcept { return why_; }
    /// The text is whole: what packs it has ended, and nothing came after it that is not allowed there.
    virtual bool is_complete() const noexcept = 0;
    /// `gzip`, `zstd`.
    virtual std::string_view name() const noexcept = 0;

protected:
    std::string_view why_;
};

}  // namespace carrel::base
