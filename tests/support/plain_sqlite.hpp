#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

namespace carrel::testing {

/// A file as another program leaves it: opened by SQLite without carrel.
class plain_sqlite {
public:
    explicit plain_sqlite(const std::string& path) {
        if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error(path);
    }
    ~plain_sqlite() { sqlite3_close_v2(db_); }
    plain_sqlite(const plain_sqlite&) = delete;
    plain_sqlite& operator=(const plain_sqlite&) = delete;

    plain_sqlite& run(const std::string& sql) {
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
        return *this;
    }
    /// The first column of the first row.
    std::string text(const std::string& sql) {
        std::string found;
        const auto take = [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
            return 1;
        };
        sqlite3_exec(db_, sql.c_str(), take, &found, nullptr);
        return found;
    }
    sqlite3* handle() noexcept { return db_; }

private:
    sqlite3* db_ = nullptr;
};

/// Names and contents of everything in a directory, to hold one moment against another.
inline std::map<std::string, std::string> contents_of(const std::string& directory) {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        contents[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return contents;
}

}  // namespace carrel::testing
