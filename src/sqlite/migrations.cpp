#include "sqlite/migrations.hpp"

#include <openssl/evp.h>

#include <array>

namespace carrel::sqlite {
namespace {

constexpr const char* own_tables =
    "CREATE TABLE IF NOT EXISTS carrel_migrations(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT "
    "NULL,"
    " applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))) STRICT;"
    "CREATE TABLE IF NOT EXISTS carrel_commit(one INTEGER PRIMARY KEY CHECK(one = 1), sequence INTEGER NOT NULL) "
    "STRICT;"
    "INSERT OR IGNORE INTO carrel_commit VALUES(1, 0);";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
}

result<void> in_transaction(connection& writer, const std::string& sql) {
    if (auto begun = writer.begin(); !begun) return begun;
    auto done = writer.run_trusted(sql);
    if (done) done = writer.commit();
    if (!done) writer.rollback();
    return done;
}

result<void> check_applied(const migration& one, const std::string& recorded) {
    if (recorded == checksum_of(one.sql)) return {};
    return error(errc::migration_changed,
                 "migration " + std::to_string(one.number) + " (" + std::string(one.name) + ")");
}

}  // namespace

std::string checksum_of(std::string_view sql) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(sql.data(), sql.size(), digest.data(), &size, EVP_sha256(), nullptr);
    static constexpr char hex[] = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text.append({hex[digest[i] >> 4], hex[digest[i] & 15]});
    return text;
}

result<void> migrate(connection& writer, std::span<const migration> migrations) {
    if (auto made = in_transaction(writer, own_tables); !made) return made;
    auto newest = writer.trusted_text("SELECT coalesce(max(number), 0) FROM carrel_migrations");
    if (!newest) return newest.error();
    if (std::stoull(newest->value_or("0")) > migrations.size())
        return error(errc::newer_database,
                     "the file is at migration " + **newest + ", the program at " + std::to_string(migrations.size()));
    int expected = 0;
    for (const auto& one : migrations) {
        if (one.number != ++expected) return error(errc::invalid_option, "migrations are numbered 1, 2, 3 …");
        const auto number = std::to_string(one.number);
        auto recorded = writer.trusted_text("SELECT checksum FROM carrel_migrations WHERE number = " + number);
        if (!recorded) return recorded.error();
        if (*recorded) {
            if (auto same = check_applied(one, **recorded); !same) return same;
            continue;
        }
        const auto record = "INSERT INTO carrel_migrations(number, name, checksum) VALUES(" + number + ", " +
                            quoted(one.name) + ", " + quoted(checksum_of(one.sql)) + ");";
        if (auto applied = in_transaction(writer, std::string(one.sql) + ";" + record); !applied) return applied;
    }
    return {};
}

result<std::uint64_t> last_commit(connection& writer) {
    auto text = writer.trusted_text("SELECT sequence FROM carrel_commit");
    if (!text) return text.error();
    return std::stoull(text->value_or("0"));
}

}  // namespace carrel::sqlite
