#include "base/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace carrel::base {

namespace {

constexpr int gzip_window_bits = 15 + 16;          // zlib: the largest window, gzip framing only
constexpr std::size_t input_bytes_max = 1u << 30;  // zlib counts in unsigned int
constexpr char first_magic = 0x1f;

}  // namespace

void inflater::stream_end::operator()(z_stream_s* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
}

inflater::inflater()
    : buffer_(std::make_unique<char[]>(buffer_bytes)) {
    auto stream = std::make_unique<z_stream>();
    if (inflateInit2(stream.get(), gzip_window_bits) != Z_OK) throw std::bad_alloc();
    stream_.reset(stream.release());
}

inflater::~inflater() = default;

// Behind a member: whether another one begins.
bool inflater::begin_member(std::string_view& packed) {
    packed.remove_prefix(std::min(packed.find_first_not_of('\0'), packed.size()));
    if (packed.empty()) return false;
    if (packed.front() != first_magic) why_ = "has other bytes behind the gzip data";
    else if (inflateReset(stream_.get()) != Z_OK) why_ = "is not valid gzip";
    complete_ = false;
    return !is_broken();
}

std::string_view inflater::step(std::string_view& packed) {
    std::size_t made = 0;
    while (made == 0 && !is_broken()) {
        if (complete_ && !begin_member(packed)) break;
        const auto given = std::min(packed.size(), input_bytes_max);
        stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream_->avail_in = static_cast<uInt>(given);
        stream_->next_out = reinterpret_cast<Bytef*>(buffer_.get());
        stream_->avail_out = static_cast<uInt>(buffer_bytes);
        const int rc = inflate(stream_.get(), Z_NO_FLUSH);
        packed.remove_prefix(given - stream_->avail_in);
        made = buffer_bytes - stream_->avail_out;
        complete_ = rc == Z_STREAM_END;
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) why_ = "is not valid gzip";
        if (rc == Z_BUF_ERROR || (rc == Z_OK && made == 0 && packed.empty())) break;
    }
    return {buffer_.get(), made};
}

}  // namespace carrel::base
