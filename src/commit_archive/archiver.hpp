#pragma once

#include "commit_archive/chain_writer.hpp"
#include "commit_archive/held_directory.hpp"
#include "commit_archive/log_reader.hpp"
#include "commit_archive/sender.hpp"

#include <carrel/commit_follower.hpp>
#include <carrel/database.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace carrel::commits {

struct archive_settings {
    std::string directory;                      ///< empty: no archive
    std::chrono::milliseconds interval{1'000};  ///< how long a commit waits before it is in the archive, at most
    std::uint64_t behind_bytes = 256u << 20;    ///< of the log that wait before a gap is made
    std::chrono::seconds base_every{86'400};
    std::chrono::seconds keep{0};        ///< 0: for ever
    command_settings command;            ///< takes each file that is complete
    std::chrono::seconds file_time{60};  ///< how long a file is written before it is complete
    std::size_t file_bytes = 64u << 20;  ///< ... or how large it gets
    std::size_t block_bytes = 4u << 20;  ///< of frames in a block, about
    log_sink log;
};

struct archive_counts {
    std::uint64_t sequence = 0;         ///< of the last commit in the archive
    std::int64_t time = 0;              ///< of that commit, in µs
    std::uint64_t lag_bytes = 0;        ///< of the log that are not in it
    std::int64_t lag_microseconds = 0;  ///< how long the first of them has waited
    std::uint64_t bytes = 0, commits = 0, failures = 0, gaps = 0, generation = 0;
    std::int64_t command_microseconds = 0;  ///< how long the command has run that runs; 0: none does
    bool is_up = false;  ///< what is committed is archived: its directory is there, can be written, and there is no gap
};

/// Archives the commits of a database as they happen. Writing goes on whatever becomes of the archive: if it is too far behind,
/// there is a gap, and a new generation begins as soon as one can. A directory that is unmounted, moved or removed is gone on with
/// once it is there again, and is never made anew.
///
/// Threads: a `commit_follower`'s; `counts` and `archived` may be called by any.
class archiver final : public commit_follower {
public:
    /// Makes the directory if it is not there, and holds it alone. Errors: the system's; `database_in_use`.
    static result<std::shared_ptr<archiver>> open(archive_settings settings);
    ~archiver() override;
    archiver(const archiver&) = delete;
    archiver& operator=(const archiver&) = delete;

    void opened(const opened_file& file) noexcept override;
    void committed(std::uint64_t sequence, std::uint32_t frames) noexcept override;
    bool allows_checkpoint(std::chrono::milliseconds time_max) noexcept override;
    void checkpointed(std::uint64_t sequence, std::uint32_t frames) noexcept override;

    /// The database that is followed, with which gaps are mended; null: it is about to stop.
    void attach(database* store);

    const archive_settings& settings() const noexcept { return settings_; }
    archive_counts counts() const;
    /// Counts a failure of what works beside it.
    void note_failure();
    /// For how long the command has run that runs; 0: none does.
    void note_command(std::chrono::milliseconds running);
    /// The generation that is written, and the last commit in it.
    struct progress {
        std::uint32_t generation = 0;  ///< 0: none
        std::uint64_t sequence = 0;
    };
    progress archived() const;
    void log(log_level level, const std::string& text) const noexcept;

private:
    enum class state {
        closed,     // nothing was opened
        following,  // what is committed is noted, and stays in the log until it is archived
        lost,       // there is a gap: nothing is noted, nothing held
        resuming    // the next checkpoint says where to begin
    };
    archiver(archive_settings settings, held_directory place);

    // On the thread that opens the database.
    result<void> begin_at(const opened_file& file);
    result<bool> go_on(const opened_file& file, const std::vector<generation>& all);
    result<void> catch_up(const position& from, const opened_file& file, const log_reader* log);
    result<void> begin_generation(const position& from);

    // On its own thread.
    void run(const std::stop_token& stop) noexcept;
    bool wait(const std::stop_token& stop);
    void step();
    void follow_on();
    result<void> take_directory();
    void fail(const std::string& why);
    result<void> drain();
    result<void> archive_noted();
    void publish();
    void lose(const std::string& why);
    void try_to_resume();
    void finish() noexcept;
    position position_now(std::uint64_t sequence, std::uint32_t frames) const;

    const archive_settings settings_;
    opened_file file_;  // constant once opened

    // Of its own thread, or before there is one.
    held_directory directory_;
    bool is_away_ = false;      // what is at the directory's path has to be looked at before anything is written
    bool is_in_doubt_ = false;  // it was looked at, and is not what was left there
    std::optional<chain_writer> writer_;
    std::vector<commit_note> noted_;    // until they are synced
    std::optional<chain_writer> left_;  // a generation that is over, and does not say so yet: its directory was away
    std::string left_why_;
    std::chrono::steady_clock::time_point next_try_;
    std::chrono::seconds pause_{1};

    std::mutex store_mutex_;  // held while the database is used
    database* store_ = nullptr;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    state state_ = state::closed;
    std::vector<commit_note> fresh_;  // noted since the thread last looked
    std::uint64_t notes_ = 0, notes_archived_ = 0;
    std::uint32_t frames_noted_ = 0, frames_archived_ = 0;
    std::int64_t oldest_waiting_ = 0;
    position resume_at_;
    std::string last_failure_;
    bool has_position_ = false, is_wanted_ = false, is_too_late_ = false;
    archive_counts counts_;
    progress progress_;

    std::jthread thread_;  // last: it uses the others
};

}  // namespace carrel::commits
