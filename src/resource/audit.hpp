#pragma once

#include "resource/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Who did what: entries that are only ever appended, each bound to the one before it by a hash. They are written in the
// transaction of what they tell, so there is neither a deed without its entry nor an entry without its deed.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class audit_outcome : std::int64_t { done, refused, failed };

/// `detail` is a JSON object without secrets and without what a body held. Longer texts are cut to the bounds below, and a
/// longer detail is left out; what is no UTF-8 becomes `?`. An empty text is none.
struct audit_entry {
    timestamp at = 0;
    std::string principal = {};
    std::string action = {};
    audit_outcome outcome = audit_outcome::done;
    std::string target = {};  // path below /api/v1, or an id
    std::string address = {};
    std::string request_id = {};
    std::string detail = "{}";
};

inline constexpr std::size_t audit_text_max = 256, audit_target_max = 1024, audit_detail_max = 4096;  // bytes

/// Appends an entry in the caller's transaction, whose undoing undoes it. The number and the hash of the entry before are
/// read from the table each time, not remembered: so they are right after jobs that were undone or are run again.
result<void> append_audit(write_session& session, const audit_entry& entry);

/// The entry of an operation: the caller, what for, and by which parameters.
audit_entry audit_entry_of(const operation& what, const call& request);
/// Appends what an audited write has done. `run_write` calls it.
result<void> audit_write(const operation& what, write_session& session, const call& request, const reply& done);

/// Whether the rows or the file that a read is about to give away are audited. A read has no transaction to write in: its
/// entry is a write of its own, which commits before the read begins.
bool is_audited_read(const operation& what, const call& request) noexcept;
result<void> audit_read(const operation& what, write_session& session, const call& request);

}  // namespace carrel::siem
