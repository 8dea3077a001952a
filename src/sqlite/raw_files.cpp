#include "sqlite/raw_files.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace carrel::sqlite {
namespace {

// The layout of a WAL, which SQLite documents (fileformat2.html, section 4).
constexpr std::int64_t wal_header_bytes = 32;
constexpr std::int64_t salt_at = 16;  // in the log's header
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t frame_salt_at = 8;
using frame_header = std::array<std::byte, frame_header_bytes>;

bool is_of(const frame_header& header, const wal_salt& salt) {
    return std::equal(salt.begin(), salt.end(), header.begin() + frame_salt_at);
}

std::uint32_t number_in(const frame_header& header) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | std::to_integer<std::uint32_t>(header[i]);
    return number;
}

}  // namespace

// -- page_set ---

void page_set::add(std::uint32_t page) {
    const std::size_t word = page / 64;
    if (word >= words_.size()) words_.resize(std::max(word + 1, words_.size() * 2));
    const auto bit = std::uint64_t{1} << (page % 64);
    count_ += (words_[word] & bit) == 0 ? 1 : 0;
    words_[word] |= bit;
}

bool page_set::contains(std::uint32_t page) const noexcept {
    const std::size_t word = page / 64;
    return word < words_.size() && (words_[word] >> (page % 64) & 1) != 0;
}

std::uint32_t page_set::next(std::uint32_t page) const noexcept {
    std::size_t word = page / 64;
    if (word >= words_.size()) return 0;
    auto rest = words_[word] & (~std::uint64_t{0} << (page % 64));
    while (rest == 0) {
        if (++word == words_.size()) return 0;
        rest = words_[word];
    }
    return static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
}

void page_set::clear() noexcept {
    words_.clear();
    count_ = 0;
}

// -- raw_files ---

raw_files::raw_files(sqlite3* db, std::size_t page_bytes)
    : page_bytes_(page_bytes) {
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file_);
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log_);
}

// False if the file ends before; the rest is zeros then.
result<bool> raw_files::read(sqlite3_file* from, std::int64_t at, std::span<std::byte> into) {
    if (from == nullptr || from->pMethods == nullptr)
        return error(make_error_code(static_cast<sqlite_errc>(SQLITE_CANTOPEN)), "a file of the database is not open");
    const int rc = from->pMethods->xRead(from, into.data(), static_cast<int>(into.size()), at);
    if (rc == SQLITE_IOERR_SHORT_READ) return false;
    if (rc != SQLITE_OK) return error(make_error_code(static_cast<sqlite_errc>(rc)), sqlite3_errstr(rc));
    return true;
}

std::int64_t raw_files::offset_of(int frame) const noexcept {
    return wal_header_bytes + std::int64_t{frame - 1} * static_cast<std::int64_t>(frame_header_bytes + page_bytes_);
}

result<void> raw_files::read_pages(std::uint32_t first, std::span<std::byte> into) {
    auto done = read(file_, (std::int64_t{first} - 1) * static_cast<std::int64_t>(page_bytes_), into);
    return done ? result<void>() : result<void>(done.error());
}

result<wal_salt> raw_files::salt() {
    wal_salt found{};
    auto done = read(log_, salt_at, found);
    if (!done) return done.error();
    return *done ? found : wal_salt{};
}

result<std::uint32_t> raw_files::page_in_frame(int frame, const wal_salt& salt) {
    frame_header header{};
    auto done = read(log_, offset_of(frame), header);
    if (!done) return done.error();
    return *done && is_of(header, salt) ? number_in(header) : 0;
}

// SQLite writes a frame's header before its page: while the header is the same, so is the page that was read before it.
result<bool> raw_files::read_frame(int frame, const wal_salt& salt, std::span<std::byte> into) {
    auto done = read(log_, offset_of(frame) + static_cast<std::int64_t>(frame_header_bytes), into);
    if (!done || !*done) return done;
    auto page = page_in_frame(frame, salt);
    if (!page) return page.error();
    return *page != 0;
}

}  // namespace carrel::sqlite
