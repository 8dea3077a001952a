// What SQLite is to a process with threads decides whether it gets a database: how the process set it, and how it was
// built, for which this program's own functions stand in. A program of its own: all of this is the process's.
// Usage: sqlite_threads single | multi | serialized | unsafe_build | no_initialization
#include "support/temp_database.hpp"

#include <sqlite3.h>

#include <dlfcn.h>

#include <iostream>
#include <string_view>

namespace {

std::string_view mode;

}  // namespace

// They come before those of SQLite's library.
extern "C" int sqlite3_threadsafe() { return mode == "unsafe_build" ? 0 : 1; }
extern "C" int sqlite3_initialize() {
    static auto* const of_sqlite = reinterpret_cast<int (*)()>(dlsym(RTLD_NEXT, "sqlite3_initialize"));
    return mode == "no_initialization" ? SQLITE_NOMEM : of_sqlite();
}

int main(int count, char** arguments) {
    mode = count == 2 ? arguments[1] : "";
    const int setting = mode == "single"  ? SQLITE_CONFIG_SINGLETHREAD
                        : mode == "multi" ? SQLITE_CONFIG_MULTITHREAD
                                          : SQLITE_CONFIG_SERIALIZED;
    if (sqlite3_config(setting) != SQLITE_OK) return 2;
    carrel::testing::temp_directory directory;
    auto database = carrel::database::open({.path = directory.file("x.db")});
    std::cout << (database ? "opened" : database.error().message()) << '\n';
    if (mode == "multi" || mode == "serialized") return database ? 0 : 1;
    // A SQLite built with SQLITE_OMIT_AUTOINIT is nothing unless carrel itself asks for its start.
    const bool is_named = !database && (mode == "no_initialization" ? database.error() == carrel::sqlite_errc::nomem
                                                                    : database.error() == carrel::errc::unsafe_sqlite);
    return is_named && std::filesystem::is_empty(directory.path()) ? 0 : 1;
}
