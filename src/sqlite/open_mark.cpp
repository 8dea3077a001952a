#include "sqlite/open_mark.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

namespace carrel::sqlite {
namespace {

result<std::int32_t> user_version(connection& writer) {
    auto version = writer.trusted_integer("PRAGMA user_version");
    if (!version) return version.error();
    return static_cast<std::int32_t>(*version);
}

result<void> set_user_version(connection& writer, std::int32_t version) {
    return writer.run_trusted("PRAGMA user_version=" + std::to_string(version));
}

void keep_wal_at_close(connection& writer, bool kept) noexcept {
    sqlite3_db_config(writer.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, kept ? 1 : 0, nullptr);
}

}  // namespace

std::string missing_wal_text(const std::string& path) {
    return path + " was copied from an open database, or left by one, without its -wal: commits may be missing";
}

bool has_wal(const std::string& path) {
    struct stat info {};
    return lstat((path + "-wal").c_str(), &info) == 0;
}

std::int64_t wal_time(const std::string& path) {
    struct stat info {};
    if (lstat((path + "-wal").c_str(), &info) != 0) return 0;
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1'000;
}

result<bool> bears_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    return (*version & open_mark) != 0;
}

result<void> set_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    keep_wal_at_close(writer, true);
    return set_user_version(writer, *version | open_mark);
}

result<void> clear_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    if (auto cleared = set_user_version(writer, *version & ~open_mark); !cleared) return cleared;
    keep_wal_at_close(writer, false);
    return {};
}

void keep_wal(connection& writer) noexcept { keep_wal_at_close(writer, true); }

}  // namespace carrel::sqlite
