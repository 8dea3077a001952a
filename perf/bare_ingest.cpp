// Inserts the events of an NDJSON file in one transaction of one connection, with the server's schema and nothing else
// around it, and prints how long the loop took. Cutting the file into rows is done before and not counted.
// Usage: bare_ingest FILE DATABASE
#include "base/uuid.hpp"
#include "siem/event_intake.hpp"
#include "siem/event_store.hpp"
#include "siem/functions.hpp"
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
    siem::event_intake intake(
        siem::event_intake::format::ndjson, 0, [&fresh_id] { return fresh_id.next(); }, std::nullopt);
    std::vector<siem::event_part> parts;
    if (intake.feed(text) || intake.finish()) fail("the file is not usable");
    while (auto part = intake.take_part()) parts.push_back(std::move(*part));
    return parts;
}

// The schema's steps name functions of the server. What they give is nothing to a database of events alone.
void declare_functions(sqlite3* db) {
    const auto answer = [](sqlite3_context* context, int, sqlite3_value**) {
        sqlite3_result_text(context, "{}", -1, SQLITE_STATIC);
    };
    for (const auto& each : siem::functions())
        must(db,
             sqlite3_create_function(db, each.name, each.arguments, SQLITE_UTF8, nullptr, answer, nullptr, nullptr));
}

// As the server's writer: WAL, every commit on stable storage, nothing spilled, the same page cache.
sqlite3* open_database(const char* path) {
    sqlite3* db = nullptr;
    must(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
    execute(db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_spill=OFF; PRAGMA temp_store=MEMORY;"
            "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON");
    execute(db, "PRAGMA cache_size=-" + std::to_string(options().page_cache_kib));
    declare_functions(db);
    for (const auto& step : siem::migrations()) execute(db, std::string(step.sql));
    return db;
}

// The bytes must outlive the step, so nothing here may be a temporary.
void bind(sqlite3_stmt* row, int at, const std::string& bytes) {
    sqlite3_bind_blob64(row, at, bytes.data(), bytes.size(), SQLITE_STATIC);
}

std::size_t insert_all(sqlite3* db, const std::vector<siem::event_part>& parts) {
    sqlite3_stmt* row = nullptr;
    must(db, sqlite3_prepare_v2(db,
                                "INSERT INTO event_segments(sealed, events, bytes, from_at, to_at, from_id, to_id, "
                                "filter, columns, data) VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                -1, &row, nullptr));
    sqlite3_stmt* summary = nullptr;
    must(db, sqlite3_prepare_v2(db, "INSERT INTO segment_summaries(segment, paths, texts) VALUES (?, ?, ?)", -1,
                                &summary, nullptr));
    std::size_t events = 0;
    for (const auto& part : parts) {
        for (const auto& each : part.segments) {
            const std::string from_id = siem::key_of(each.from_id), to_id = siem::key_of(each.to_id);
            sqlite3_bind_int64(row, 1, each.events);
            sqlite3_bind_int64(row, 2, each.bytes);
            sqlite3_bind_int64(row, 3, each.from_at);
            sqlite3_bind_int64(row, 4, each.to_at);
            bind(row, 5, from_id);
            bind(row, 6, to_id);
            bind(row, 7, each.filter);
            bind(row, 8, each.columns);
            bind(row, 9, each.data);
            must(db, sqlite3_step(row));
            sqlite3_reset(row);
            sqlite3_bind_int64(summary, 1, sqlite3_last_insert_rowid(db));
            bind(summary, 2, each.paths);
            bind(summary, 3, each.texts);
            must(db, sqlite3_step(summary));
            sqlite3_reset(summary);
            events += static_cast<std::size_t>(each.events);
        }
    }
    sqlite3_finalize(row);
    sqlite3_finalize(summary);
    return events;
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
