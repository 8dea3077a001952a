#pragma once

#include "siem/event_mapping.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace carrel::siem {

struct operation;

/// The mappings of clients that new events are read by, as they are stored: in order, and since how many changes.
struct stored_mappings {
    std::int64_t changes = 0;
    std::vector<std::string> texts;
};

/// Of clients' mappings, those that are enabled, and of lifecycle test or stable.
result<stored_mappings> load_mappings(read_session& session);
/// Whether an operation may change them.
bool changes_mappings(const operation& what) noexcept;

/// What events are read by from now on: an immutable table, which another one takes the place of. Any thread.
class mappings_in_force {
public:
    mappings_in_force();

    /// Of a request that begins now. Takes a lock only where the table is another one than at this thread's last call.
    std::shared_ptr<const event_mappings> current() const;
    /// Grows with each change; a cheap way to ask whether `current` is the same.
    std::uint64_t stamp() const noexcept { return stamp_.load(std::memory_order_acquire); }

    /// Puts them in force, unless later ones are. Once this returns, `current` has them.
    void publish(const stored_mappings& stored);
    /// Reads what is stored, and brings the builtin mappings that clients can read up to date. Blocks; at the start.
    result<void> load(database& store);

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const event_mappings> table_;  // guarded by mutex_
    std::int64_t changes_ = -1;                    // guarded by mutex_
    std::atomic<std::uint64_t> stamp_;
};

}  // namespace carrel::siem
