#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace carrel::base {

/// Packs bodies as gzip, at the level that costs least. Reused between bodies; not thread-safe.
class deflater {
public:
    /// False, with `packed` unspecified, if the body would not get smaller.
    bool pack(std::string_view body, std::string& packed);

private:
    struct stream_end {
        void operator()(z_stream_s* stream) const noexcept;
    };
    std::unique_ptr<z_stream_s, stream_end> stream_;
};

}  // namespace carrel::base
