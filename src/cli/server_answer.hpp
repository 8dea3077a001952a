#pragma once

#include "cli/http_client.hpp"
#include "json/reader.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// Members of an answer, of a server that may be any program.
std::int64_t integer_at(const boost::json::object& from, std::string_view key, std::int64_t otherwise);
std::string text_at(const boost::json::object& from, std::string_view key);

/// What the server said, in one line for a person; `said` is its problem, if it is one. EBADMSG: what was sent is at fault, not
/// the server, so that the next file may be sound. Of
/// a log-in that is missing or not enough it says what to do.
error refusal(const http_reply& reply, const boost::json::object* said);

}  // namespace carrel::cli
