#include "commit_archive/pack.hpp"

#include "base/sha256.hpp"
#include "base/zstd_unpacker.hpp"

#include <zstd.h>

#include <memory>
#include <new>

namespace carrel::commits {
namespace {

constexpr int level = 1;
constexpr std::size_t piece_bytes = 1u << 20;

struct compressor_end {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};
using compressor = std::unique_ptr<ZSTD_CCtx, compressor_end>;

compressor make_compressor() {
    compressor made(ZSTD_createCCtx());
    if (!made) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(made.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(made.get(), ZSTD_c_checksumFlag, 1);
    return made;
}

error zstd_failure(const std::string& path, std::size_t code) {
    return {make_error_code(sqlite_errc::io), path + ": " + ZSTD_getErrorName(code)};
}

// Compresses one piece, and ends the frame after the last.
result<void> add_piece(ZSTD_CCtx* context, std::string_view piece, bool is_last, const file& to, std::uint64_t& at) {
    std::string out(ZSTD_CStreamOutSize(), '\0');
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    for (;;) {
        ZSTD_outBuffer room{out.data(), out.size(), 0};
        const auto left = ZSTD_compressStream2(context, &room, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) != 0) return zstd_failure(to.path(), left);
        if (auto put = to.write(at, std::string_view(out).substr(0, room.pos)); !put) return put;
        at += room.pos;
        if (is_last ? left == 0 : in.pos == in.size) return {};
    }
}

}  // namespace

std::string pack(std::string_view text) {
    const auto context = make_compressor();
    std::string out(ZSTD_compressBound(text.size()), '\0');
    const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size());
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();
    out.resize(size);
    return out;
}

std::uint64_t packed_bytes_max(std::uint64_t bytes) noexcept { return ZSTD_compressBound(bytes); }

std::optional<std::string> unpack(std::string_view packed, std::size_t bytes) {
    std::string text(bytes, '\0');
    const auto size = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0 || size != bytes) return std::nullopt;
    return text;
}

result<packed_file> pack_file(const std::string& from, const std::string& to, const std::function<bool()>& stop) {
    auto source = file::open_to_read(from);
    if (!source) return source.error();
    auto target = file::create(to);
    if (!target) return target.error();
    const auto context = make_compressor();
    base::sha256 sum;
    packed_file done;
    for (std::uint64_t at = 0;;) {
        if (stop && stop()) return error(errc::cancelled);
        const auto piece = source->read(done.bytes, piece_bytes);
        if (!piece) return piece.error();
        sum.update(*piece);
        done.bytes += piece->size();
        const bool is_last = piece->size() < piece_bytes;
        if (auto added = add_piece(context.get(), *piece, is_last, *target, at); !added) return added.error();
        if (is_last) break;
    }
    done.sha256 = base::hex_of(sum.value());
    if (auto synced = target->sync(); !synced) return synced.error();
    return done;
}

result<packed_file> unpack_file(const std::string& from, const byte_sink& to) {
    auto source = file::open_to_read(from);
    if (!source) return source.error();
    base::zstd_unpacker unpacker;
    base::sha256 sum;
    packed_file done;
    std::uint64_t at = 0;
    for (;;) {
        const auto piece = source->read(at, piece_bytes);
        if (!piece) return piece.error();
        if (piece->empty()) break;
        for (std::string_view left = *piece;;) {
            const auto text = unpacker.step(left);
            if (unpacker.is_broken())
                return error(make_error_code(sqlite_errc::corrupt),
                             from + ", near byte " + std::to_string(at) + ": is no sound zstd");
            if (text.empty() && left.empty()) break;
            sum.update(text);
            if (auto put = to(done.bytes, text); !put) return put.error();
            done.bytes += text.size();
        }
        at += piece->size();
    }
    if (!unpacker.is_complete())
        return error(make_error_code(sqlite_errc::corrupt), from + ", byte " + std::to_string(at) + ": ends too early");
    done.sha256 = base::hex_of(sum.value());
    return done;
}

}  // namespace carrel::commits
