// SQL of carrel's own, which the authorizer lets pass.
#include "sqlite/connection.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {

result<void> connection::run_trusted(const std::string& sql) {
    trusted_scope trusted(*this);
    const int rc = count_busy(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
    if (host_failures_.any()) return host_failures_.take();
    if (rc != SQLITE_OK) return failure(rc);
    return {};
}

result<std::optional<std::string>> connection::trusted_text(const std::string& sql) {
    trusted_scope trusted(*this);
    cached_statement query;
    if (const int rc = count_busy(sqlite3_prepare_v2(db_, sql.c_str(), -1, &query.handle, nullptr)); rc != SQLITE_OK)
        return failure(rc);
    const int rc = count_busy(sqlite3_step(query.handle));
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) return failure(rc);
    if (rc == SQLITE_DONE || sqlite3_column_type(query.handle, 0) == SQLITE_NULL) return std::optional<std::string>();
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(query.handle, 0));
    if (text == nullptr) return error(make_error_code(sqlite_errc::nomem));
    return std::optional<std::string>(text);
}

result<std::int64_t> connection::trusted_integer(const std::string& sql) {
    auto text = trusted_text(sql);
    if (!text) return text.error();
    if (!*text) return error(make_error_code(sqlite_errc::corrupt), "no row comes of " + sql);
    return std::stoll(**text);
}

}  // namespace carrel::sqlite
