#pragma once

#include "base/time.hpp"
#include "resource/operation.hpp"
#include "siem/backups/backup_names.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Copies of the database in the folder that the operator chose, and the making of one. Who makes them stands behind this.
namespace carrel::siem {

enum class backup_state { waiting, copying, checking, succeeded, failed, cancelled };
inline constexpr std::array<std::string_view, 6> backup_states = {"waiting",   "copying", "checking",
                                                                  "succeeded", "failed",  "cancelled"};
constexpr bool is_over(backup_state state) noexcept { return state >= backup_state::succeeded; }

/// A backup that a request or the schedule started in this process.
struct backup_run {
    std::string id;
    backup_state state = backup_state::waiting;
    std::string name;  // of the file; given by the server, known when it has begun
    std::string created_by;
    timestamp created_at = 0;
    std::optional<timestamp> started_at, finished_at;
    double progress = 0;                   // 0-1
    std::int64_t bytes = 0, sequence = 0;  // of the copy, when it succeeded
    std::optional<timestamp> taken_at;     // when `sequence` was the last commit
    std::string detail;                    // why it failed, or who cancelled it
    std::vector<std::string> removed;      // copies whose time had come
};

/// A copy that lies in the folder.
struct backup_copy {
    std::string name;
    std::int64_t bytes = 0;
    timestamp taken_at = 0;
    std::optional<std::int64_t> sequence, schema_step;  // nothing if it cannot be read
};

/// What is wanted of a backup.
struct backup_request {
    std::string id, name, created_by;  // name: empty for one that is given
    timestamp created_at = 0;
    std::optional<backup_retention> kept;  // instead of the server's own
};

enum class backup_refusal { no_directory, one_runs, name_taken, stopping };

/// Thread-safe.
class backup_control {
public:
    backup_control() = default;
    backup_control(const backup_control&) = delete;
    backup_control& operator=(const backup_control&) = delete;
    virtual ~backup_control() = default;

    /// Has one made in the background; the same id again changes nothing. What it is then in `made`.
    virtual std::optional<backup_refusal> start(const backup_request& wanted, backup_run& made) = 0;
    /// Has one end soon, if it is not over; as `find` knows it then. One that is done before that has succeeded all the same.
    virtual std::optional<backup_run> cancel(std::string_view id, std::string_view principal) = 0;
    /// One of the last that were made; nothing if it is not known.
    virtual std::optional<backup_run> find(std::string_view id) const = 0;

    /// All copies, the newest first.
    virtual std::vector<backup_copy> copies() = 0;
    virtual std::optional<backup_copy> copy(std::string_view name) = 0;
    /// Takes a copy out of the list at once; its file goes a moment later. False if there is none. The same id again changes
    /// nothing and is true.
    virtual bool remove(std::string_view name, std::string_view request_id) = 0;
    /// Bytes of a copy from an offset on, appended; false if there is no such copy any more. No more than there are.
    virtual bool read(std::string_view name, std::int64_t at, std::int64_t bytes, std::string& into) = 0;
};

/// Who makes backups; null: there is no folder for them. It changes before requests are served and after.
std::shared_ptr<backup_control> backups_in_force();
void set_backups_in_force(std::shared_ptr<backup_control> control);

std::vector<operation> backup_operations();
std::pair<std::string, std::string> backup_schema();
std::vector<operation> backup_copy_operations();

}  // namespace carrel::siem
