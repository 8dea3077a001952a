#include "archive/sniff.hpp"

#include "base/inflater.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace carrel::archive {
namespace {

constexpr std::size_t header_bytes = 512;
constexpr std::size_t checksum_at = 148;
constexpr std::size_t checksum_bytes = 8;
constexpr std::size_t sniffed_text_bytes = 4096;

// A header of a tar has its own checksum, in octal digits between blanks; every dialect of tar has it.
bool is_tar_header(std::string_view block) {
    if (block.size() < header_bytes || block.front() == '\0') return false;
    block = block.substr(0, header_bytes);
    unsigned sum = 0;
    for (std::size_t at = 0; at < block.size(); ++at) {
        const bool in_checksum = at >= checksum_at && at < checksum_at + checksum_bytes;
        sum += in_checksum ? static_cast<unsigned>(' ') : static_cast<unsigned char>(block[at]);
    }
    unsigned said = 0;
    bool has_digit = false;
    for (const char c : block.substr(checksum_at, checksum_bytes)) {
        if (c < '0' || c > '7') {
            if (has_digit) break;
            if (c != ' ' && c != '\0') return false;
            continue;
        }
        has_digit = true;
        said = said * 8 + static_cast<unsigned>(c - '0');
    }
    return has_digit && said == sum;
}

bool is_packed_tar(std::string_view packed) {
    base::inflater inflater;
    std::string front;
    while (front.size() < header_bytes) {
        const auto piece = inflater.step(packed);
        front.append(piece);
        if (piece.empty() || inflater.is_broken()) break;  // what came before a fault still tells
    }
    return is_tar_header(front);
}

bool is_text(std::string_view bytes) {
    const auto front = bytes.substr(0, sniffed_text_bytes);
    return std::none_of(front.begin(), front.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f';
    });
}

}  // namespace

kind sniff(std::string_view bytes) {
    if (bytes.empty()) return kind::empty;
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return kind::zip;
    if (base::inflater::is_gzip(bytes)) return is_packed_tar(bytes) ? kind::tar_gz : kind::gzip;
    if (is_tar_header(bytes)) return kind::tar;
    return is_text(bytes) ? kind::text : kind::other;
}

std::string_view name_of(kind what) noexcept {
    switch (what) {
        case kind::empty: return "empty";
        case kind::text: return "text";
        case kind::tar: return "tar";
        case kind::tar_gz: return "tar.gz";
        case kind::zip: return "zip";
        case kind::gzip: return "gzip";
        case kind::other: break;
    }
    return "unknown";
}

}  // namespace carrel::archive
