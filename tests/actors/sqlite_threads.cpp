// How a process set SQLite's threads decides whether it gets a database. A program of its own: the setting is the
// process's. Usage: sqlite_threads single | multi | serialized
#include "support/temp_database.hpp"

#include <sqlite3.h>

#include <iostream>
#include <string_view>

int main(int count, char** arguments) {
    const std::string_view mode = count == 2 ? arguments[1] : "";
    const int setting = mode == "single"       ? SQLITE_CONFIG_SINGLETHREAD
                        : mode == "multi"      ? SQLITE_CONFIG_MULTITHREAD
                        : mode == "serialized" ? SQLITE_CONFIG_SERIALIZED
                                               : 0;
    if (sqlite3_config(setting) != SQLITE_OK) return 2;
    carrel::testing::temp_directory directory;
    auto database = carrel::database::open({.path = directory.file("x.db")});
    std::cout << (database ? "opened" : database.error().message()) << '\n';
    if (mode != "single") return database ? 0 : 1;
    return !database && database.error() == carrel::errc::unsafe_sqlite && std::filesystem::is_empty(directory.path())
               ? 0
               : 1;
}
