#pragma once

#include "siem/event_removal.hpp"

#include <optional>

// Deletions that clients requested: jobs in the table `event_deletions`, worked on step by step by the keeper. What a step
// has done is in its transaction, so a job goes on after a crash where it stood.
namespace carrel::siem {

/// Kept in the database by place.
enum class deletion_state : std::int64_t { waiting, running, done };

/// A job that is not done.
struct open_deletion {
    std::int64_t seq = 0;
    std::string id;
    removal wanted;         // what was committed before the job was
    bool has_rows = false;  // rows of an earlier version are still to be looked at
};

/// The oldest job that is not done.
result<std::optional<open_deletion>> next_deletion(read_session& session);

/// Deletes some of the rows that an earlier version stored; whether the job was still as it was read.
result<bool> delete_rows(write_session& session, const open_deletion& job, timestamp now);
/// Does a step of `plan_removal`; whether the job, and the segments, were still as they were read.
result<bool> delete_segments(write_session& session, const open_deletion& job, const removal_step& step, timestamp now);

/// What a job has led to so far.
struct deletion_totals {
    std::int64_t deleted = 0, held = 0;
};
result<deletion_totals> totals_of(read_session& session, std::int64_t job);

}  // namespace carrel::siem
