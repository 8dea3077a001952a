#pragma once

#include "resource/operation.hpp"
#include "siem/event_mapping.hpp"

#include <memory>
#include <string>
#include <vector>

// Mappings as JSON: an object of paths, each with the column that it gives its value, `{"winlog.computer":"host"}`.
namespace carrel::siem {

inline constexpr std::size_t mapping_paths_max = 200;  // of one mapping; the reader of JSON keeps 256 members

/// What is wrong with the mappings, or with aliases: names, each with the path that has its value.
void check_mappings(const boost::json::value& given, std::vector<fault>& faults);
void check_aliases(const boost::json::value& given, std::vector<fault>& faults);

/// How many paths a text maps.
std::size_t count_paths(std::string_view mappings);
/// Of checked texts, an earlier one wins; the builtin mappings come behind them all.
std::shared_ptr<const event_mappings> compile_mappings(const std::vector<std::string>& texts);
/// The builtin mappings. What depends on other members is an object: `{"column":"source","with":"hostIdentifier"}`.
std::string builtin_mappings_text();

}  // namespace carrel::siem
