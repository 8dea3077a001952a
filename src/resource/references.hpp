#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// 422 naming each reference that leads nowhere, of those that differ from `before` (null: all). Fills in the numbers of
/// the rows that are referred to.
result<void> require_references(const resource& of, read_session& session, const record* before, record& row,
                                reply& into);

/// Brings the tables of lists' items in line with a row that is written; `before` is null for a new one.
result<void> write_items(const resource& of, write_session& session, const record* before, const record& row);
result<void> drop_items(const resource& of, write_session& session, const record& row);

/// The items of a list as it is stored, and a list as it is stored from its items.
std::vector<std::string> items_of(const value& list);
std::string list_text(const std::vector<std::string>& items);

}  // namespace carrel::siem
