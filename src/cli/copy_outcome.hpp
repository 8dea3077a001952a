#pragma once

#include <carrel/error.hpp>

#include <string>

// What `carrel backup` and `carrel restore` have in common, which make a database file that is whole or not there.
namespace carrel::cli {

/// From here on SIGINT, SIGTERM and SIGHUP end the copy that is made, so that nothing is left of it.
void end_copies_by_signals();
bool is_copy_ended() noexcept;

/// Why there is no copy, for people; `path` is the file that an error without a name is about.
std::string explain_copy(const error& why, const std::string& path);
/// `damaged`: the status if what is copied is damaged.
int status_of_copy(const error& why, int damaged);

}  // namespace carrel::cli
