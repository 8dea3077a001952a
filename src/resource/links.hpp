#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Records of two resources that belong together, many to many. The table has the columns `left_id` and `right_id` (ids, foreign
/// keys), `linked_at` and `linked_by`.
struct link {
    std::string_view table;
    const resource& (*left)() = nullptr;
    const resource& (*right)() = nullptr;
    std::string_view left_name = {};  // in the path, if not the resource's plural
    std::string_view right_name = {};
    /// Refuses a change of the links of a record on the right; may be null.
    result<void> (*require)(read_session& session, const record& right, reply& into) = nullptr;
};

/// PUT and DELETE /<left>/{id}/<right>/{right}; GET /<left>/{id}/<right> and GET /<right>/{id}/<left>.
std::vector<operation> link_operations(const link& of);

/// GET `path`: those of one resource that belong to a record of another, which the path names: the rows of which `condition`
/// is true, its one `?` bound to the record's key.
operation linked_list(const resource& of, const resource& with, const std::string& path, std::string condition,
                      std::string id);

/// Links two records; nothing happens if they are.
result<void> connect(const link& of, write_session& session, const call& request, std::string_view left,
                     std::string_view right);

}  // namespace carrel::siem
