#pragma once

#include "resource/audit.hpp"
#include "siem/backups/backup_control.hpp"

#include <carrel/backup_options.hpp>
#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace carrel::siem {

/// What a copy says of itself.
struct copy_facts {
    std::int64_t sequence = 0, schema_step = 0;
};

struct backup_settings {
    std::string directory;
    std::chrono::seconds every{0};           ///< 0: only when somebody asks
    backup_retention kept;                   ///< of copies that the server named
    std::uint64_t bytes_per_second_max = 0;  ///< 0: as fast as it can
    /// Copies the database into a new file, and waits for the end.
    std::function<result<backup_report>(const std::string& path, backup_options wanted)> copy;
    /// Reads a copy. Any thread.
    std::function<result<copy_facts>(const std::string& path)> read_facts;
    /// Looks at a copy that is about to get its name; an error says what is wrong.
    std::function<result<void>(const std::string& path)> verify;
    /// Appends to the audit log what no request did, all or nothing, and waits for the commit.
    std::function<result<void>(const std::vector<audit_entry>& entries)> note;
    log_sink log;
};

struct backup_counts {
    std::uint64_t succeeded = 0, failed = 0;
    std::int64_t last_success_at = 0;  // when the copy was taken, in seconds since 1970; 0: there is none
    std::int64_t last_bytes = 0;
    double last_seconds = 0;
};

/// Makes backups in a folder of the operator's, one at a time, when somebody asks or when one is due. What its settings
/// call must outlive it; its end breaks off a backup that runs.
class backup_service final : public backup_control {
public:
    /// Removes what a crash left of copies. Errors: the system's, if the folder cannot be used.
    static result<std::shared_ptr<backup_service>> open(backup_settings settings);
    ~backup_service() override;
    /// Cancels what runs and makes no more; later requests are refused. Before the database stops.
    void stop() noexcept;

    std::optional<backup_refusal> start(const backup_request& wanted, backup_run& made) override;
    std::optional<backup_run> cancel(std::string_view id, std::string_view principal) override;
    std::optional<backup_run> find(std::string_view id) const override;
    std::vector<backup_copy> copies() override;
    std::optional<backup_copy> copy(std::string_view name) override;
    bool remove(std::string_view name, std::string_view request_id) override;
    bool read(std::string_view name, std::int64_t at, std::int64_t bytes, std::string& into) override;

    backup_counts counts() const;

private:
    explicit backup_service(backup_settings settings);
    result<void> take_over();
    void make_backups(const std::stop_token& stop);
    void remove_files(const std::stop_token& stop);
    bool schedule(timestamp now);
    void make(const std::stop_token& stop);
    void note_begin(const backup_run& run) const;
    std::vector<std::string> remove_old(timestamp begun);
    bool keep_or_cancel();
    void ended(result<backup_report> made, timestamp begun);
    std::string free_name(timestamp now) const;
    std::string path_of(std::string_view name) const;
    std::optional<backup_copy> copy_at(const std::string& name);
    void change(const std::function<void(backup_run&)>& by);
    backup_run* running() noexcept;
    void say(log_level level, const std::string& text) const;

    const backup_settings settings_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    // Guarded by mutex_.
    std::deque<backup_run> runs_;  // the newest last; only that one can be unfinished
    std::optional<backup_retention> kept_by_run_;
    bool is_scheduled_ = false;  // the run that is not over
    std::optional<std::string> cancelled_by_;
    bool is_kept_ = false;  // the copy of the run that is not over is made, and can no longer be cancelled
    std::deque<std::string> doomed_, removed_by_;
    std::map<std::string, std::pair<std::int64_t, copy_facts>, std::less<>> facts_;  // with the size of the file
    backup_counts counts_;
    timestamp next_at_ = 0;
    bool is_stopping_ = false;
    std::jthread remover_, maker_;  // last, since they use the others
};

}  // namespace carrel::siem
