#include "sqlite/blob.hpp"

#include "sqlite/connection.hpp"

#include <carrel/blob.hpp>

#include <sqlite3.h>

#include <string>
#include <utility>

namespace carrel::sqlite {
namespace {

std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) text.append(c == '"' ? 2 : 1, c);
    return text + "\"";
}

}  // namespace

open_blob::~open_blob() { close(); }

void open_blob::close() noexcept {
    if (owner == nullptr) return;
    owner->blobs_.erase_closed();
    owner = nullptr;
    sqlite3_blob_close(std::exchange(handle, nullptr));
}

void blob_list::erase_closed() noexcept {
    std::erase_if(open_, [](const auto& held) { return held.expired(); });
}

bool blob_list::reclaim() noexcept {
    bool any = false;
    for (auto& held : std::exchange(open_, {})) {
        const auto one = held.lock();
        if (one == nullptr) continue;
        one->close();
        any = true;
    }
    return any;
}

result<std::shared_ptr<open_blob>> connection::blob_at(std::string_view table, std::string_view column,
                                                       std::int64_t rowid, bool writes) {
    // What SQL may not touch (the schema, shadow tables, carrel's own), a handle may not either.
    const auto name = quoted(column);
    const auto sql = writes ? "UPDATE main." + quoted(table) + " SET " + name + "=" + name + " WHERE 0"
                            : "SELECT " + name + " FROM main." + quoted(table) + " WHERE 0";
    if (auto allowed = prepare(sql, !writes); !allowed) return allowed.error();
    auto blob = std::make_shared<open_blob>();
    const int rc = count_busy(sqlite3_blob_open(db_, "main", std::string(table).c_str(), std::string(column).c_str(),
                                                rowid, writes ? 1 : 0, &blob->handle));
    if (rc != SQLITE_OK) return failure(rc);
    blob->owner = this;
    blobs_.add(blob);
    return blob;
}

result<void> connection::write_blob(open_blob& at, std::size_t offset, std::span<const std::byte> from) {
    if (watch_.is_cancelled_between()) return error(errc::cancelled);
    const int rc =
        count_busy(sqlite3_blob_write(at.handle, from.data(), static_cast<int>(from.size()), static_cast<int>(offset)));
    if (rc != SQLITE_OK) return failure(rc);
    has_written_ = true;
    return {};
}

}  // namespace carrel::sqlite

namespace carrel {
namespace {

error past_the_end(std::size_t offset, std::size_t bytes, std::size_t size) {
    return {make_error_code(static_cast<sqlite_errc>(SQLITE_RANGE)),
            std::to_string(bytes) + " bytes at " + std::to_string(offset) + " of a value of " + std::to_string(size)};
}

bool fits(std::size_t offset, std::size_t bytes, std::size_t size) { return offset <= size && bytes <= size - offset; }

}  // namespace

std::size_t blob_reader::size() const noexcept {
    return handle_->owner == nullptr ? 0 : static_cast<std::size_t>(sqlite3_blob_bytes(handle_->handle));
}

result<void> blob_reader::read(std::size_t offset, std::span<std::byte> into) const {
    if (handle_->owner == nullptr) return error(errc::statement_left_open);
    if (!fits(offset, into.size(), size())) return past_the_end(offset, into.size(), size());
    const int rc =
        sqlite3_blob_read(handle_->handle, into.data(), static_cast<int>(into.size()), static_cast<int>(offset));
    if (rc != SQLITE_OK) return handle_->owner->failure(rc);
    return {};
}

result<void> blob_reader::reopen(std::int64_t rowid) {
    if (handle_->owner == nullptr) return error(errc::statement_left_open);
    const int rc = sqlite3_blob_reopen(handle_->handle, rowid);
    if (rc != SQLITE_OK) return handle_->owner->failure(rc);
    return {};
}

result<void> blob_writer::write(std::size_t offset, blob_view from) {
    if (handle_->owner == nullptr) return error(errc::statement_left_open);
    if (!fits(offset, from.size(), size())) return past_the_end(offset, from.size(), size());
    return handle_->owner->write_blob(*handle_, offset, from);
}

}  // namespace carrel
