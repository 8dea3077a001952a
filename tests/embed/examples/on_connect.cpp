// What a host does to every connection with SQLite's own interface, when it opens.
#include <carrel/database.hpp>

#include <sqlite3.h>

#include <iostream>

namespace {

// Called for the writer and for each reader, from their threads. What carrel relies on is read back afterwards.
carrel::result<void> prepare_connection(sqlite3* db, carrel::connection_role role) {
    const char* sql =
        role == carrel::connection_role::writer ? "PRAGMA secure_delete=ON" : "PRAGMA case_sensitive_like=ON";
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return carrel::error(carrel::errc::invalid_option, sqlite3_errmsg(db));
    return {};
}

carrel::result<void> break_connection(sqlite3* db, carrel::connection_role) {
    sqlite3_exec(db, "PRAGMA foreign_keys=OFF", nullptr, nullptr, nullptr);
    return {};
}

}  // namespace

int main() {
    auto db = carrel::database::open({.path = ":memory:", .on_connect = prepare_connection}).value();
    const auto like = db.read([](carrel::read_session& session) { return session.first<bool>("SELECT 'a' LIKE 'A'"); });
    const auto refused = carrel::database::open({.path = ":memory:", .on_connect = break_connection});
    std::cout << "LIKE " << (like.value().value() ? "ignores" : "sees") << " case; "
              << (refused ? "opened" : refused.error().message()) << '\n';
    return !like.value().value() && refused.has_error() ? 0 : 1;
}
