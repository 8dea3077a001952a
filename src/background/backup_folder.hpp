#pragma once

#include "siem/backups/backup_names.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// A folder of copies. Other files in it are nobody's business here.
namespace carrel::siem {

/// Of a copy that has been removed, until its file is gone: that of a large one takes its time.
inline constexpr std::string_view removed_prefix = ".removed-";

/// The names of the copies that are whole, in no order; none if the folder cannot be read.
std::vector<std::string> copies_in(const std::string& directory);

/// Removes what a crash left of copies, unless somebody still writes it.
void remove_left_overs(const std::string& directory);

/// Removes these copies; returns those that are gone. `failed` gets a line for each that could not be removed.
std::vector<std::string> remove_copies(const std::string& directory, std::vector<std::string> names,
                                       const std::function<void(const std::string&)>& failed);

/// Removes the copies that have served their time; returns those that are gone, the oldest first. `failed` gets a line for each
/// that could not be removed.
std::vector<std::string> remove_surplus(const std::string& directory, const backup_retention& kept, timestamp now,
                                        const std::function<void(const std::string&)>& failed);

}  // namespace carrel::siem
