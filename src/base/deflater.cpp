#include "base/deflater.hpp"

#include <zlib.h>

#include <new>

namespace carrel::base {

namespace {

constexpr int gzip_framing_bits = 15 + 16;  // zlib: the largest window, gzip framing
constexpr int memory_level = 8;

}  // namespace

void deflater::stream_end::operator()(z_stream_s* stream) const noexcept {
    deflateEnd(stream);
    delete stream;
}

bool deflater::pack(std::string_view body, std::string& packed) {
    if (!stream_) {
        auto made = std::make_unique<z_stream>();
        if (deflateInit2(made.get(), Z_BEST_SPEED, Z_DEFLATED, gzip_framing_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
        stream_.reset(made.release());
    } else if (deflateReset(stream_.get()) != Z_OK) {
        return false;
    }
    packed.resize(body.size());
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream_->avail_in = static_cast<uInt>(body.size());
    stream_->next_out = reinterpret_cast<Bytef*>(packed.data());
    stream_->avail_out = static_cast<uInt>(packed.size());
    if (deflate(stream_.get(), Z_FINISH) != Z_STREAM_END) return false;
    packed.resize(packed.size() - stream_->avail_out);
    return true;
}

}  // namespace carrel::base
