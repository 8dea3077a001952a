#include "segments/zstd.hpp"

#include <zstd.h>

#include <memory>
#include <new>

namespace carrel::segments {

namespace {

// What a frame may unpack to: the largest event and its length.
constexpr std::size_t frame_bytes_max = 64u << 20;

struct compressor_free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};
struct decompressor_free {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* compressor() {
    thread_local std::unique_ptr<ZSTD_CCtx, compressor_free> context(ZSTD_createCCtx());
    if (!context) context.reset(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

ZSTD_DCtx* decompressor() {
    thread_local std::unique_ptr<ZSTD_DCtx, decompressor_free> context(ZSTD_createDCtx());
    if (!context) context.reset(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

}  // namespace

std::size_t compress(std::string_view text, std::string& out, int level) {
    const std::size_t before = out.size();
    out.resize(before + ZSTD_compressBound(text.size()));
    ZSTD_CCtx* const context = compressor();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    const std::size_t size =
        ZSTD_compress2(context, out.data() + before, out.size() - before, text.data(), text.size());
    // The room suffices, so memory is all that can be missing.
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();
    out.resize(before + size);
    return size;
}

std::optional<std::string> decompress(std::string_view frame, std::size_t size) {
    if (size > frame_bytes_max) return std::nullopt;
    std::string text(size, '\0');
    const std::size_t found = ZSTD_decompressDCtx(decompressor(), text.data(), size, frame.data(), frame.size());
    if (ZSTD_isError(found) != 0 || found != size) return std::nullopt;
    return text;
}

}  // namespace carrel::segments
