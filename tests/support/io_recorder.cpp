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
    else if (each.kind == io_kind::remove) file.clear();
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

// SQLite syncs the directory with the first sync of a WAL, and so the removal of the journal before it; after that the
// journal is no more.
bool reaches(file_kind synced, file_kind file) {
    return synced == file || (synced == file_kind::wal && file == file_kind::journal);
}

}  // namespace

io_recorder::io_recorder(std::string database_path)
    : database_path_(std::move(database_path)) {}

file_kind io_recorder::kind_of(std::string_view path) const noexcept {
    if (!path.starts_with(database_path_)) return file_kind::other;
    const auto ending = path.substr(database_path_.size());
    if (ending.empty()) return file_kind::database;
    if (ending == "-wal") return file_kind::wal;
    return ending == "-journal" ? file_kind::journal : file_kind::other;
}

void io_recorder::note(std::uint64_t mark) {
    std::lock_guard lock(mutex_);
    events_.push_back({io_kind::sync, file_kind::other, 0, {}, mark});
}

void io_recorder::after(const io_call& call) {
    const auto file = kind_of(call.path);
    if (call.kind == io_kind::open || call.kind == io_kind::unfetch || file == file_kind::other) return;
    std::lock_guard lock(mutex_);
    events_.push_back({call.kind, file, call.at, std::string(call.bytes)});
}

void io_recorder::after_power_loss(std::size_t count, unsynced what, std::mt19937_64& random, image& built) const {
    const std::array parts{std::pair(file_kind::database, &built.database), std::pair(file_kind::wal, &built.wal),
                           std::pair(file_kind::journal, &built.journal)};
    for (const auto& [file, part] : parts) {
        auto& content = *part;
        content.clear();
        std::size_t synced = 0;  // events before it are on the disk
        for (std::size_t i = 0; i < count; ++i)
            if (events_[i].kind == io_kind::sync && reaches(events_[i].file, file)) synced = i + 1;
        for (std::size_t i = 0; i < count; ++i) {
            if (events_[i].file != file) continue;
            if (i < synced || what == unsynced::everything) apply(content, events_[i]);
            else if (what == unsynced::torn) apply_torn(content, events_[i], random);
        }
    }
}

void write_image(const io_recorder::image& image, const std::string& database_path) {
    const std::array parts{std::pair(database_path, &image.database), std::pair(database_path + "-wal", &image.wal),
                           std::pair(database_path + "-journal", &image.journal)};
    for (const auto& [path, content] : parts) {
        std::filesystem::remove(path);
        if (content->empty() && content == &image.journal) continue;
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out.write(content->data(), static_cast<std::streamsize>(content->size()));
        std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    std::filesystem::remove(database_path + "-shm");
}

}  // namespace carrel::testing
