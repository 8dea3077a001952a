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

result<bool> bears_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    return (*version & open_mark) != 0;
}

result<void> set_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    keep_wal_at_close(writer, true);
    if (auto set = set_user_version(writer, *version | open_mark); !set) return set;
    if (auto copied = writer.checkpoint(checkpoint_mode::passive); !copied) return copied.error();
    return {};
}

result<void> clear_open_mark(connection& writer) {
    auto version = user_version(writer);
    if (!version) return version.error();
    if (auto cleared = set_user_version(writer, *version & ~open_mark); !cleared) return cleared;
    keep_wal_at_close(writer, false);
    return {};
}

}  // namespace carrel::sqlite
