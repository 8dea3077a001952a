// Inserts the events of an NDJSON file in one transaction of one connection, with the server's schema and nothing else
// around it, and prints how long the loop took. Cutting the file into rows is done before and not counted.
// Usage: bare_ingest FILE DATABASE
#include "base/uuid.hpp"
#include "siem/event_intake.hpp"
#include "siem/migrations.hpp"

#include <carrel/options.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

using namespace carrel;

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "bare_ingest: " << why << '\n';
    std::exit(2);
}

void must(sqlite3* db, int rc) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE) fail(sqlite3_errmsg(db));
}

void execute(sqlite3* db, const std::string& sql) {
    must(db, sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr));
}

std::vector<siem::event_part> rows_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    siem::uuid_generator fresh_id;
    siem::event_intake intake(siem::event_intake::format::ndjson, 0, std::ref(fresh_id), std::nullopt);
    std::vector<siem::event_part> parts;
    if (intake.feed(text) || intake.finish()) fail("the file is not usable");
    while (auto part = intake.take_part()) parts.push_back(std::move(*part));
    return parts;
}

// As the server's writer: WAL, every commit on stable storage, nothing spilled, the same page cache.
sqlite3* open_database(const char* path) {
    sqlite3* db = nullptr;
    must(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
    execute(db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_spill=OFF; PRAGMA temp_store=MEMORY;"
            "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON");
    execute(db, "PRAGMA cache_size=-" + std::to_string(options().page_cache_kib));
    for (const auto& step : siem::migrations()) execute(db, std::string(step.sql));
    return db;
}

// The bytes must outlive the step, so nothing here may be a temporary.
void bind(sqlite3_stmt* row, int at, const std::string& text) {
    sqlite3_bind_text(row, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void bind(sqlite3_stmt* row, int at, const std::optional<std::string>& text) {
    if (text) bind(row, at, *text);
    else sqlite3_bind_null(row, at);
}

std::size_t insert_all(sqlite3* db, const std::vector<siem::event_part>& parts) {
    sqlite3_stmt* event = nullptr;
    sqlite3_stmt* words = nullptr;
    must(db, sqlite3_prepare_v2(
                 db,
                 "INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 -1, &event, nullptr));
    must(db, sqlite3_prepare_v2(db, "INSERT INTO events_text(rowid, words) VALUES (?, ?)", -1, &words, nullptr));
    std::size_t rows = 0;
    for (const auto& part : parts) {
        for (const auto& each : part.events) {
            bind(event, 1, each.id);
            sqlite3_bind_int64(event, 2, each.at);
            sqlite3_bind_int64(event, 3, part.received_at);
            bind(event, 4, each.source);
            bind(event, 5, each.host);
            bind(event, 6, each.channel);
            bind(event, 7, each.event_code);
            bind(event, 8, each.severity);
            bind(event, 9, each.fields);
            must(db, sqlite3_step(event));
            sqlite3_reset(event);
            sqlite3_bind_int64(words, 1, sqlite3_last_insert_rowid(db));
            bind(words, 2, each.words);
            must(db, sqlite3_step(words));
            sqlite3_reset(words);
            ++rows;
        }
    }
    sqlite3_finalize(event);
    sqlite3_finalize(words);
    return rows;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) fail("usage: bare_ingest FILE DATABASE");
    const auto parts = rows_of(argv[1]);
    sqlite3* db = open_database(argv[2]);
    const auto begun = std::chrono::steady_clock::now();
    execute(db, "BEGIN IMMEDIATE");
    const auto rows = insert_all(db, parts);
    execute(db, "COMMIT");
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    sqlite3_close(db);
    std::cout << "{\"rows\":" << rows << ",\"seconds\":" << taken.count() << "}\n";
}
