#include "commit_archive/wal.hpp"

#include "commit_archive/bytes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace carrel::commits {
namespace {

constexpr std::uint32_t magic_little_endian = 0x377f0682, magic_big_endian = 0x377f0683;

std::uint32_t swapped(std::uint32_t value) noexcept { return __builtin_bswap32(value); }

// SQLite's integers of 1 to 9 bytes, at most 7 bits a byte.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
        if (bytes.empty()) return std::nullopt;
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value = value << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;  // no record of this table is that long
}

}  // namespace

std::optional<wal_header> wal_header::parse(std::string_view bytes) {
    if (bytes.size() < wal_header_bytes) return std::nullopt;
    wal_header header;
    std::copy_n(bytes.begin(), wal_header_bytes, header.bytes_.begin());
    const auto magic = big_endian(bytes);
    if (magic != magic_little_endian && magic != magic_big_endian) return std::nullopt;
    header.sums_big_endian_ = magic == magic_big_endian;
    header.page_bytes_ = big_endian(bytes.substr(8));
    if (!std::has_single_bit(header.page_bytes_) || header.page_bytes_ < 512 || header.page_bytes_ > 65'536)
        return std::nullopt;
    header.add(header.sum_, bytes.substr(0, 24));
    if (header.sum_ != wal_sum{big_endian(bytes.substr(24)), big_endian(bytes.substr(28))}) return std::nullopt;
    return header;
}

void wal_header::add(wal_sum& sum, std::string_view bytes) const noexcept {
    const bool swaps = sums_big_endian_ != (std::endian::native == std::endian::big);
    auto [first, second] = sum;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        std::uint32_t word[2];
        std::memcpy(word, bytes.data() + at, sizeof word);
        first += (swaps ? swapped(word[0]) : word[0]) + second;
        second += (swaps ? swapped(word[1]) : word[1]) + first;
    }
    sum = {first, second};
}

wal_sum sum_of(std::string_view frame_header) noexcept {
    return {big_endian(frame_header.substr(16)), big_endian(frame_header.substr(20))};
}

std::optional<frame> check_frame(const wal_header& run, wal_sum& sum, std::string_view bytes) noexcept {
    if (bytes.size() != run.frame_bytes() || bytes.substr(8, 8) != run.salts()) return std::nullopt;
    auto moved = sum;
    run.add(moved, bytes.substr(0, 8));
    run.add(moved, bytes.substr(frame_header_bytes));
    if (moved != sum_of(bytes)) return std::nullopt;
    frame found{big_endian(bytes), big_endian(bytes.substr(4)), bytes.substr(frame_header_bytes)};
    if (found.page == 0) return std::nullopt;
    sum = moved;
    return found;
}

// A leaf of a table with one cell: the length of its record, the row's number, the record. The first column is the row's
// number, of which the record holds nothing.
std::optional<std::uint64_t> sequence_in(std::string_view page) noexcept {
    constexpr char leaf = 0x0d;
    if (page.size() < 512 || page[0] != leaf || page[3] != 0 || page[4] != 1) return std::nullopt;
    const auto at = static_cast<std::size_t>(big_endian(page.substr(8)) >> 16);
    if (at < 10 || at >= page.size()) return std::nullopt;
    auto cell = page.substr(at);
    const auto length = take_varint(cell);
    const auto row = length ? take_varint(cell) : std::nullopt;
    if (!row || *row != 1 || *length > cell.size()) return std::nullopt;
    auto record = cell.substr(0, *length);
    const auto head = take_varint(record);
    const auto key = head ? take_varint(record) : std::nullopt;
    const auto kind = key ? take_varint(record) : std::nullopt;
    if (!kind || *head != 3 || *key != 0) return std::nullopt;
    if (*kind == 8 || *kind == 9) return *kind - 8;
    constexpr std::array<std::size_t, 7> sizes{0, 1, 2, 3, 4, 6, 8};
    if (*kind == 0 || *kind >= sizes.size() || record.size() != sizes[*kind]) return std::nullopt;
    std::uint64_t value = (static_cast<unsigned char>(record[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (const char c : record) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

}  // namespace carrel::commits
