#include "actors/writer_policy.hpp"

namespace carrel::detail {
namespace {

constexpr int primary_mask = 0xff;
constexpr int busy = 5;
constexpr int nomem = 7;
constexpr int io = 10;
constexpr int full = 13;
constexpr int constraint = 19;
constexpr int io_short_read = io | (2 << 8);
constexpr int io_write = io | (3 << 8);
constexpr int io_fsync = io | (4 << 8);
constexpr int io_dir_fsync = io | (5 << 8);
constexpr int io_nomem = io | (12 << 8);

}  // namespace

commit_failure classify_commit_failure(const error& failed) noexcept {
    if (failed.code().category() != sqlite_category()) return commit_failure::definite;
    const int code = failed.code().value();
    switch (code & primary_mask) {
        case busy: return commit_failure::retry;
        case constraint:
        case full: return commit_failure::rerun_singly;
        case nomem: return commit_failure::look;
        case io:
            // A write that failed never put the commit mark into the WAL; whatever else failed might have followed it.
            if (code == io_nomem) return commit_failure::look;
            return code == io_write || code == io_short_read ? commit_failure::definite
                                                             : commit_failure::outcome_unknown;
        default: return commit_failure::outcome_unknown;
    }
}

bool is_sync_failure(const error& failed) noexcept {
    return failed.code().category() == sqlite_category() &&
           (failed.code().value() == io_fsync || failed.code().value() == io_dir_fsync);
}

}  // namespace carrel::detail
