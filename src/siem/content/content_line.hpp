#pragma once

#include "siem/content/content_members.hpp"

#include <boost/json/value.hpp>

namespace carrel::siem {

/// Appends a record as one line of its member's file: the fields that are content, as replies write them.
void append_line(const content_member& member, const record& row, std::string& out);

/// The record that a line says, with all that its resource derives and checks; or what is wrong with it. `secrets` are the names of
/// those that the record had where it comes from. On whatever thread.
std::vector<fault> read_line(const content_member& member, const call& request, const boost::json::value& given,
                             std::span<const std::string> secrets, record& into);

}  // namespace carrel::siem
