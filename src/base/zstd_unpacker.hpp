#pragma once

#include "base/unpacker.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

struct ZSTD_DCtx_s;

namespace carrel::base {

/// Unpacks zstd. Frames one behind the other are one text; skippable frames count for nothing. A frame whose window is
/// larger than the bound is broken: it would cost as much memory.
class zstd_unpacker final : public unpacker {
public:
    /// The window that RFC 8878 requires of each decoder: 8 MiB.
    static constexpr int window_log_usual = 23;
    /// Of `zstd --long`: 128 MiB.
    static constexpr int window_log_long = 27;

    explicit zstd_unpacker(int window_log_max = window_log_usual);
    ~zstd_unpacker() override;

    std::string_view step(std::string_view& packed) override;
    bool is_complete() const noexcept override { return complete_; }
    std::string_view name() const noexcept override { return "zstd"; }

    /// Whether a text begins as zstd does.
    static bool is_zstd(std::string_view text) noexcept { return text.starts_with("\x28\xb5\x2f\xfd"); }

private:
    static constexpr std::size_t buffer_bytes = 64 * 1024;
    struct context_end {
        void operator()(ZSTD_DCtx_s* context) const noexcept;
    };

    std::unique_ptr<ZSTD_DCtx_s, context_end> context_;
    std::unique_ptr<char[]> buffer_;
    bool complete_ = false;
};

}  // namespace carrel::base
