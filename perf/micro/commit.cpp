// What does a group commit cost, and what of it is left for each of its jobs? N inserts in one transaction, on stable storage
// before the first is answered; through the public API, on a file beside this program. Time is the wall's: the disk decides.
#include "support/held_writer.hpp"
#include "support/temp_database.hpp"

#include <carrel/database.hpp>

#include <benchmark/benchmark.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <string>

namespace {

using namespace carrel;

constexpr migration schema[] = {
    {1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
};
// About an alert's JSON.
const std::string text(200, 'n');

class group {
public:
    group()
        : store_(open()) {}

    /// Has `jobs` inserts committed together; false if one failed or had a commit of its own.
    bool commit(std::size_t jobs) {
        answered_ = failed_ = 0;
        sequence_ = 0;
        auto awaited = boost::asio::make_work_guard(home_);
        {
            // All of them wait while the writer is held inside a transaction, which they then join.
            testing::held_writer held(store_);
            for (std::size_t i = 0; i < jobs; ++i) insert();
            held.release();
        }
        home_.restart();
        while (answered_ < jobs) home_.run_one();
        return failed_ == 0;
    }
    std::int64_t rows() {
        return testing::read(store_, [](read_session& s) { return s.first_integer("SELECT count(*) FROM notes"); })
            .value()
            .value_or(-1);
    }

private:
    database open() {
        options settings{.path = directory_.file("commit.db"), .migrations = schema};
        return database::open(std::move(settings)).value();
    }
    void insert() {
        one_statement add("INSERT INTO notes (text) VALUES (?)", std::string_view(text));
        store_.async_write(std::move(add),
                           as_result(boost::asio::bind_executor(home_, [this](auto outcome) { note(outcome); })));
    }
    void note(const result<committed<std::int64_t>>& outcome) {
        ++answered_;
        if (outcome && sequence_ == 0) sequence_ = outcome->sequence;
        if (!outcome || outcome->sequence != sequence_ || outcome->value != 1) ++failed_;
    }

    // On a disk: a temporary directory may be memory, where nothing has to be synced.
    testing::temp_directory directory_{std::filesystem::read_symlink("/proc/self/exe").parent_path()};
    boost::asio::io_context home_{1};
    database store_;
    std::size_t answered_ = 0, failed_ = 0;
    std::uint64_t sequence_ = 0;
};

void commit(benchmark::State& state) {
    const auto jobs = static_cast<std::size_t>(state.range(0));
    group notes;
    for (auto _ : state) {
        if (!notes.commit(jobs)) {
            state.SkipWithError("a job failed or was not in the commit of the others");
            break;
        }
    }
    if (notes.rows() != state.iterations() * state.range(0)) state.SkipWithError("rows are missing");
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK(commit)->ArgName("jobs")->Arg(1)->Arg(8)->Arg(64)->Arg(256)->UseRealTime();
