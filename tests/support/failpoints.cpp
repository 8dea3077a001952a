// The half of a build with failpoints that is not a part of the engine.
#include "sqlite/failpoints.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace carrel::failpoints {
namespace {

constexpr std::array names{"none",
                           "spill",
                           "early_ack",
                           "no_rerun",
                           "second_checkpointer",
                           "early_snapshot",
                           "single_connection",
                           "endless_snapshot",
                           "lost_reply",
                           "seal_drops_event",
                           "deletion_drops_held",
                           "cut_loses_neighbour",
                           "filter_says_no"};

failpoint from_environment() {
    const char* wanted = std::getenv("CARREL_TEST_FAILPOINT");
    for (std::size_t i = 0; wanted != nullptr && i < names.size(); ++i)
        if (std::strcmp(wanted, names[i]) == 0) return static_cast<failpoint>(i);
    return failpoint::none;
}

// A thread that owns a second connection, which it keeps as long as the file is the same.
class second_checkpointer {
public:
    void ask(const std::string& path) {
        {
            std::lock_guard lock(mutex_);
            wanted_ = path;
        }
        changed_.notify_one();
    }

private:
    void run(const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), "carrel-second");
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return !wanted_.empty(); })) {
            const auto path = std::exchange(wanted_, {});
            lock.unlock();
            checkpoint(path);
            lock.lock();
        }
        sqlite3_close_v2(db_);
    }
    void checkpoint(const std::string& path) {
        if (path != open_) {
            sqlite3_close_v2(std::exchange(db_, nullptr));
            sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr);
            sqlite3_exec(db_, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr);  // or it knows of no WAL
            open_ = path;
        }
        sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::string wanted_;  // guarded by mutex_
    sqlite3* db_ = nullptr;
    std::string open_;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

}  // namespace

failpoint chosen() noexcept {
    static const failpoint named = from_environment();
    return named;
}

void checkpoint_elsewhere(const char* database_path) {
    static second_checkpointer elsewhere;
    elsewhere.ask(database_path);
}

}  // namespace carrel::failpoints
