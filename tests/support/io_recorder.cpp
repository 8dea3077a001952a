#include "support/io_recorder.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace carrel::testing {
namespace {

constexpr std::size_t sector_bytes = 512;

void write_at(std::string& file, std::size_t at, std::string_view bytes) {
    if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

void apply(std::string& file, const io_recorder::event& each) {
    const auto at = static_cast<std::size_t>(each.at);
    if (each.kind == io_kind::write) write_at(file, at, each.bytes);
    else if (each.kind == io_kind::truncate) file.resize(std::min(file.size(), at));
}

// Each sector of the write on its own: it reached the disk or it did not.
void apply_torn(std::string& file, const io_recorder::event& each, std::mt19937_64& random) {
    if (each.kind != io_kind::write) {
        if (random() % 2 == 0) apply(file, each);
        return;
    }
    const auto begin = static_cast<std::size_t>(each.at);
    const auto end = begin + each.bytes.size();
    for (auto at = begin; at < end;) {
        const auto next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
        if (random() % 2 == 0) write_at(file, at, std::string_view(each.bytes).substr(at - begin, next - at));
        at = next;
    }
}

}  // namespace

io_recorder::io_recorder(std::string database_path)
    : database_path_(std::move(database_path)),
      wal_path_(database_path_ + "-wal") {}

void io_recorder::note(std::uint64_t mark) {
    std::lock_guard lock(mutex_);
    events_.push_back({io_kind::sync, file_kind::other, 0, {}, mark});
}

void io_recorder::after(const io_call& call) {
    const bool is_kept = call.kind == io_kind::write || call.kind == io_kind::truncate || call.kind == io_kind::sync;
    if (!is_kept || (call.path != database_path_ && call.path != wal_path_)) return;
    std::lock_guard lock(mutex_);
    events_.push_back({call.kind, call.file, call.at, std::string(call.bytes)});
}

void io_recorder::after_power_loss(std::size_t count, unsynced what, std::mt19937_64& random, image& built) const {
    built.database.clear();
    built.wal.clear();
    for (const auto file : {file_kind::database, file_kind::wal}) {
        std::size_t synced = 0;  // events before it are on the disk
        for (std::size_t i = 0; i < count; ++i)
            if (events_[i].file == file && events_[i].kind == io_kind::sync) synced = i + 1;
        auto& content = file == file_kind::wal ? built.wal : built.database;
        for (std::size_t i = 0; i < count; ++i) {
            if (events_[i].file != file) continue;
            if (i < synced || what == unsynced::everything) apply(content, events_[i]);
            else if (what == unsynced::torn) apply_torn(content, events_[i], random);
        }
    }
}

void write_image(const io_recorder::image& image, const std::string& database_path) {
    const std::array parts{std::pair(database_path, &image.database), std::pair(database_path + "-wal", &image.wal)};
    for (const auto& [path, content] : parts) {
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out.write(content->data(), static_cast<std::streamsize>(content->size()));
        std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    std::filesystem::remove(database_path + "-shm");
}

}  // namespace carrel::testing
