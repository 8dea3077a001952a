#include "base/zstd_unpacker.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace carrel::base {

void zstd_unpacker::context_end::operator()(ZSTD_DCtx_s* context) const noexcept { ZSTD_freeDCtx(context); }

zstd_unpacker::zstd_unpacker(int window_log_max)
    : context_(ZSTD_createDCtx()),
      buffer_(std::make_unique<char[]>(buffer_bytes)) {
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_max);
}

zstd_unpacker::~zstd_unpacker() = default;

std::string_view zstd_unpacker::step(std::string_view& packed) {
    ZSTD_outBuffer out{buffer_.get(), buffer_bytes, 0};
    while (out.pos == 0 && !is_broken()) {
        // At the end of a frame the decoder would wait for the next one's beginning.
        if (packed.empty() && complete_) break;
        ZSTD_inBuffer in{packed.data(), packed.size(), 0};
        const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
        packed.remove_prefix(in.pos);
        if (ZSTD_isError(left) != 0) {
            if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
            const bool is_window = ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge;
            why_ = is_window ? "asks for a window that is too large" : "is not valid zstd";
            break;
        }
        complete_ = left == 0;
        if (in.pos == 0 && out.pos == 0) break;
    }
    return {buffer_.get(), out.pos};
}

}  // namespace carrel::base
