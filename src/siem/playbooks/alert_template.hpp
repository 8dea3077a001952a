#pragma once

#include "base/failure.hpp"
#include "resource/resource.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

// `{{alert.title}}` in the texts of a step's parameters stands for what the alert has there.
namespace carrel::siem {

/// Bytes of a step's parameters once everything is filled in.
inline constexpr std::size_t filled_bytes_max = 64 * 1024;

bool has_placeholder(std::string_view text) noexcept;
/// Whether any text in it has one.
bool has_placeholder(const boost::json::value& of);
/// Faults for names that stand for nothing, and for braces that do not end.
void check_placeholders(const boost::json::value& of, const std::string& path, std::vector<fault>& faults);

/// The same with everything filled in. A failure says what cannot be.
base::outcome<boost::json::value> fill_in(const boost::json::value& of, const record* alert);

}  // namespace carrel::siem
