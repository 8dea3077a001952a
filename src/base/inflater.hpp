#pragma once

#include "base/unpacker.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace carrel::base {

/// Unpacks gzip. Members one behind the other are one text, and zeros behind the last one are padding.
class inflater final : public unpacker {
public:
    inflater();
    ~inflater() override;

    std::string_view step(std::string_view& packed) override;
    bool is_complete() const noexcept override { return complete_; }
    std::string_view name() const noexcept override { return "gzip"; }

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
    bool complete_ = false;
};

}  // namespace carrel::base
