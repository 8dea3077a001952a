// The engine in process, and the loops over sqlite3 that it is measured against. Prints one line of JSON.
// Usage: embedded fill|read|bare-read|write|bare-write|stream|bare-stream DATABASE [--rows N] [--seconds S] [--outstanding N] [--batch N]
#include <carrel/database.hpp>
#include <carrel/for_each.hpp>

#include <CLI/CLI.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

namespace {

using namespace carrel;
using clock = std::chrono::steady_clock;

constexpr migration schema[] = {
    {1, "things", "CREATE TABLE things (id INTEGER PRIMARY KEY, title TEXT NOT NULL, tags TEXT NOT NULL)"},
};
constexpr auto insert_sql = "INSERT INTO things (title, tags) VALUES (?, ?)";
constexpr auto select_sql = "SELECT title, tags FROM things WHERE id = ?";
const std::string title = "Suspicious use of wevtutil", tags = R"(["attack.t1070.001"])";
constexpr int reads_a_snapshot = 64;

struct chosen {
    std::string path;
    std::int64_t rows = 100'000;
    double seconds = 3;
    std::size_t outstanding = 64;
    int batch = 128;

    clock::time_point end() const {
        return clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    }
};

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "embedded: " << why << '\n';
    std::exit(2);
}

database open(const chosen& asked) {
    auto opened = database::open({.path = asked.path, .migrations = schema});
    if (!opened) fail(opened.error().message());
    return std::move(*opened);
}

void tell(std::uint64_t count, double seconds, double batch) {
    std::cout << "{\"rate\":" << static_cast<double>(count) / seconds << ",\"batch\":" << batch << "}\n";
}

/// A number of operations kept outstanding on the one thread of a shard until the time is over.
template <class Start>
std::uint64_t keep_outstanding(boost::asio::io_context& context, const chosen& asked, Start start) {
    std::uint64_t done = 0;
    bool is_over = false;
    const auto end = asked.end();
    std::function<void(bool)> again = [&](bool is_right) {
        if (!is_right) fail("a wrong result");
        // The clock is asked as often as the bare loops ask it.
        if (++done % reads_a_snapshot == 0) is_over = clock::now() >= end;
        if (!is_over) start(again);
    };
    for (std::size_t i = 0; i < asked.outstanding; ++i) start(again);
    context.run();
    return done;
}

struct read_one {
    std::int64_t id;
    result<std::size_t> operator()(read_session& session) const {
        auto row = session.prepare(select_sql);
        if (!row) return row.error();
        auto found = row->bind(id).step();
        if (!found) return found.error();
        return *found ? row->text(0).size() + row->text(1).size() : 0;
    }
};

void read(const chosen& asked) {
    auto things = open(asked);
    boost::asio::io_context context(1);
    auto home = shard::attach(things, context);
    if (!home) fail(home.error().message());
    std::mt19937_64 random(1);
    const auto begun = clock::now();
    const auto done = keep_outstanding(context, asked, [&](const std::function<void(bool)>& again) {
        const read_one work{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(asked.rows)) + 1};
        things.async_read(work,
                          as_result(boost::asio::bind_executor(context, [&again](const result<std::size_t>& size) {
                              again(size && *size == title.size() + tags.size());
                          })));
    });
    const std::chrono::duration<double> taken = clock::now() - begun;
    const auto stats = things.stats().readers;
    tell(done, taken.count(), static_cast<double>(stats.jobs) / static_cast<double>(stats.batches));
}

void write(const chosen& asked) {
    auto things = open(asked);
    boost::asio::io_context context(1);
    auto home = shard::attach(things, context);
    if (!home) fail(home.error().message());
    const auto begun = clock::now();
    const auto done = keep_outstanding(context, asked, [&](const std::function<void(bool)>& again) {
        things.async_write(one_statement(insert_sql, std::string_view(title), std::string_view(tags)),
                           as_result(boost::asio::bind_executor(
                               context, [&again](const auto& outcome) { again(outcome.has_value()); })));
    });
    const std::chrono::duration<double> taken = clock::now() - begun;
    const auto stats = things.stats().writer;
    tell(done, taken.count(), static_cast<double>(stats.jobs) / static_cast<double>(stats.batches));
}

struct thing {
    std::int64_t id;
    std::string title;
    std::string tags;
};
constexpr auto every_sql = "SELECT id, title, tags FROM things";

/// Streams the whole table to a thread of the host's, again and again.
void stream(const chosen& asked) {
    auto things = open(asked);
    boost::asio::io_context context(1);
    std::uint64_t done = 0;
    std::size_t bytes = 0;
    const auto begun = clock::now(), end = asked.end();
    while (clock::now() < end) {
        const auto before = done;
        async_for_each(
            things, query<thing>(every_sql), [&](thing&& one) { ++done, bytes += one.title.size() + one.tags.size(); },
            job_options{.deadline = std::chrono::seconds(60)},
            as_result(boost::asio::bind_executor(context, [&](const result<std::uint64_t>& rows) {
                if (!rows) fail(rows.error().message());
                if (*rows != done - before) fail("not every row came");
            })));
        context.restart();
        context.run();
    }
    if (bytes != done * (title.size() + tags.size())) fail("a wrong result");
    tell(done, std::chrono::duration<double>(clock::now() - begun).count(), static_cast<double>(asked.rows));
}

void fill(const chosen& asked) {
    auto things = open(asked);
    auto all = [&asked](write_session& session) -> result<void> {
        for (std::int64_t i = 0; i < asked.rows; ++i)
            if (auto added = session.execute(insert_sql, title, tags); !added) return added;
        return {};
    };
    boost::asio::io_context context(1);
    things.async_write(all, job_options{.deadline = std::chrono::seconds(60)},
                       as_result(boost::asio::bind_executor(context, [](const result<committed<void>>& outcome) {
                           if (!outcome) fail(outcome.error().message());
                       })));
    const auto work = boost::asio::make_work_guard(context);
    things.stop();
    tell(static_cast<std::uint64_t>(asked.rows), 1, 1);
}

// The other side: sqlite3 alone, opened as the engine opens it.
class bare {
public:
    bare(const chosen& asked, int flags) {
        must(sqlite3_open_v2(asked.path.c_str(), &db_, flags | SQLITE_OPEN_NOMUTEX, nullptr));
        execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY");
        execute("PRAGMA cache_size=-" + std::to_string(options().page_cache_kib));
    }
    bare(const bare&) = delete;
    bare& operator=(const bare&) = delete;
    ~bare() {
        sqlite3_finalize(statement_);
        sqlite3_close(db_);
    }

    void must(int rc) {
        if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) fail(sqlite3_errmsg(db_));
    }
    void execute(const std::string& sql) { must(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const char* sql) {
        must(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
        return statement_;
    }

private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

void bare_read(const chosen& asked) {
    bare one(asked, SQLITE_OPEN_READWRITE);
    auto* row = one.prepare(select_sql);
    std::mt19937_64 random(1);
    std::uint64_t done = 0;
    const auto begun = clock::now(), end = asked.end();
    while (clock::now() < end) {
        one.execute("BEGIN");
        for (int i = 0; i < reads_a_snapshot; ++i, ++done) {
            sqlite3_bind_int64(row, 1,
                               static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(asked.rows)) + 1);
            if (sqlite3_step(row) != SQLITE_ROW) fail("a row is missing");
            const auto* first = sqlite3_column_text(row, 0);
            const auto* second = sqlite3_column_text(row, 1);
            const auto size = sqlite3_column_bytes(row, 0) + sqlite3_column_bytes(row, 1);
            if (first == nullptr || second == nullptr || static_cast<std::size_t>(size) != title.size() + tags.size())
                fail("a wrong result");
            sqlite3_reset(row);
        }
        one.execute("COMMIT");
    }
    tell(done, std::chrono::duration<double>(clock::now() - begun).count(), reads_a_snapshot);
}

void bare_write(const chosen& asked) {
    bare one(asked, SQLITE_OPEN_READWRITE);
    auto* row = one.prepare(insert_sql);
    std::uint64_t done = 0;
    const auto begun = clock::now(), end = asked.end();
    while (clock::now() < end) {
        one.execute("BEGIN IMMEDIATE");
        for (int i = 0; i < asked.batch; ++i, ++done) {
            sqlite3_bind_text(row, 1, title.data(), static_cast<int>(title.size()), SQLITE_STATIC);
            sqlite3_bind_text(row, 2, tags.data(), static_cast<int>(tags.size()), SQLITE_STATIC);
            one.must(sqlite3_step(row));
            sqlite3_reset(row);
        }
        one.execute("COMMIT");
    }
    tell(done, std::chrono::duration<double>(clock::now() - begun).count(), asked.batch);
}

void bare_stream(const chosen& asked) {
    bare one(asked, SQLITE_OPEN_READWRITE);
    auto* row = one.prepare(every_sql);
    std::uint64_t done = 0;
    std::size_t bytes = 0;
    const auto text = [row](int column) {
        const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
        return std::string(begin, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    };
    const auto begun = clock::now(), end = asked.end();
    while (clock::now() < end) {
        while (sqlite3_step(row) == SQLITE_ROW) {
            const thing read{sqlite3_column_int64(row, 0), text(1), text(2)};
            ++done, bytes += read.title.size() + read.tags.size();
        }
        one.must(sqlite3_reset(row));
    }
    if (bytes != done * (title.size() + tags.size())) fail("a wrong result");
    tell(done, std::chrono::duration<double>(clock::now() - begun).count(), static_cast<double>(asked.rows));
}

}  // namespace

int main(int argc, char** argv) {
    chosen asked;
    std::string what;
    CLI::App app("Measures the engine in process, and bare loops over sqlite3.");
    app.add_option("what", what)
        ->required()
        ->check(CLI::IsMember({"fill", "read", "bare-read", "write", "bare-write", "stream", "bare-stream"}));
    app.add_option("database", asked.path)->required();
    app.add_option("--rows", asked.rows)->check(CLI::PositiveNumber);
    app.add_option("--seconds", asked.seconds)->check(CLI::PositiveNumber);
    app.add_option("--outstanding", asked.outstanding)->check(CLI::PositiveNumber);
    app.add_option("--batch", asked.batch)->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);
    if (what == "fill") fill(asked);
    else if (what == "read") read(asked);
    else if (what == "bare-read") bare_read(asked);
    else if (what == "stream") stream(asked);
    else if (what == "bare-stream") bare_stream(asked);
    else if (what == "write") write(asked);
    else bare_write(asked);
}
