#pragma once

#include "commit_archive/archiver.hpp"

#include <carrel/database.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace carrel::commits {

/// What an archive needs beside its commits, on a thread of its own: bases, the command, and that what is too old goes. Ends the
/// archiver's use of the database with itself.
class upkeep {
public:
    /// Both must outlive it.
    upkeep(archiver& of, database& store);
    ~upkeep();
    upkeep(const upkeep&) = delete;
    upkeep& operator=(const upkeep&) = delete;

private:
    using clock = std::chrono::steady_clock;

    void run(const std::stop_token& stop);
    void make_base_if_due(const std::stop_token& stop);
    result<std::int64_t> await_commit(std::uint32_t generation, std::uint64_t sequence, const std::stop_token& stop);
    void send_files(const std::stop_token& stop);
    void note_long_command(const std::string& path);
    void drop_old();

    archiver& archiver_;
    database& store_;
    std::uint32_t base_generation_ = 0;  // in which the last base was made or found
    clock::time_point base_due_{}, send_due_{}, drop_due_{};
    std::chrono::seconds base_pause_{1}, send_pause_{1};
    std::string last_failure_;
    std::mutex mutex_;
    std::condition_variable_any waiting_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace carrel::commits
