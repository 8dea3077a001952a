#pragma once

#include "siem/content/content_members.hpp"
#include "siem/content/content_package.hpp"

#include <carrel/session.hpp>

#include <array>

namespace carrel::siem {

/// What becomes of a record whose id is taken by another one that says something else.
enum class restore_mode { fail, skip, overwrite };
inline constexpr std::array<std::string_view, 3> restore_modes = {"fail", "skip", "overwrite"};

/// A file of the archive as records, each of the line of its place.
struct restored_file {
    const content_member* member = nullptr;
    std::vector<record> rows;
};

struct restore_counts {
    std::int64_t created = 0, updated = 0, unchanged = 0, skipped = 0;
};

struct restore_report {
    std::vector<restore_counts> files;
    std::vector<fault> conflicts;  // the first hundred; `field` is the file
    std::int64_t conflict_count = 0;
};

/// Stores the files in their order. What cannot be is refused, with the file and the line; a conflict only once all of them
/// are known. Nothing of it stays then: the caller's job is undone.
result<void> store_content(write_session& session, const call& request, std::span<const restored_file> files,
                           restore_mode mode, restore_report& report, reply& into);

}  // namespace carrel::siem
