#pragma once

#include "support/fault_vfs.hpp"
#include "support/held_writer.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace carrel {
inline std::ostream& operator<<(std::ostream& out, errc code) { return out << make_error_code(code).message(); }
inline std::ostream& operator<<(std::ostream& out, const error& e) { return out << e.message(); }
}  // namespace carrel

namespace carrel::testing {

inline constexpr std::array schema{migration{
    1, "things",
    "CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER CHECK(size >= 0));"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE TABLE tripwire(id INTEGER PRIMARY KEY);"
    "CREATE TRIGGER trip BEFORE INSERT ON tripwire BEGIN SELECT raise(ROLLBACK, 'tripped'); END;"}};

/// A database in a directory of its own, with the log it wrote.
struct fixture {
    explicit fixture(const std::function<void(options&)>& change = [](options&) {})
        : db(open(change)) {}
    ~fixture() { fault_vfs::heal(); }

    options settings(const std::function<void(options&)>& change) {
        options wanted{.path = directory.file("test.db"), .migrations = schema, .background_nice = 0};
        // What a test has sent into one batch stays in one, though the writer loses the processor meanwhile.
        wanted.batch_time_max = std::chrono::seconds(10);
        wanted.deadline_default = wanted.deadline_max;  // what is held up for a test's sake does not pass it
        wanted.log = [kept = log](log_level, std::string_view text) {
            std::lock_guard lock(kept->mutex);
            kept->text.emplace_back(text);
        };
        change(wanted);
        return wanted;
    }
    database open(const std::function<void(options&)>& change) { return database::open(settings(change)).value(); }

    std::int64_t count(read_sql sql) {
        return read(db, [sql](read_session& session) { return session.first_integer(sql); }).value().value();
    }
    std::size_t logged(const std::string& part) {
        std::lock_guard lock(log->mutex);
        std::size_t found = 0;
        for (const auto& one : log->text) found += one.find(part) != one.npos ? 1 : 0;
        return found;
    }

    struct log_lines {
        std::mutex mutex;
        std::vector<std::string> text;
    };
    temp_directory directory;
    std::shared_ptr<log_lines> log = std::make_shared<log_lines>();
    database db;
};

/// Inserts one thing and returns its rowid.
inline auto add_thing(std::string name, std::int64_t size = 1) {
    return [name = std::move(name), size](write_session& session) -> result<std::int64_t> {
        auto done = session.execute("INSERT INTO thing(name, size) VALUES(?, ?)", name, size);
        if (!done) return done.error();
        return session.last_insert_rowid();
    };
}

template <class Work>
auto send(database& db, Work work, job_options per_job = {}) {
    return db.async_write(std::move(work), per_job, as_result(boost::asio::use_future));
}

}  // namespace carrel::testing
