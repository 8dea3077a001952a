#include "cli/copy_outcome.hpp"

#include "cli/command.hpp"
#include "cli/options.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

namespace carrel::cli {
namespace {

std::atomic<bool> is_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

bool is_without_room(const error& why) {
    return why == sqlite_errc::full || why.code() == error_code(ENOSPC, boost::system::system_category());
}

}  // namespace

void end_copies_by_signals() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, [](int) { is_interrupted = true; });
}

bool is_copy_ended() noexcept { return is_interrupted; }

std::string explain_copy(const error& why, const std::string& path) {
    if (why == errc::cancelled) return "broken off; nothing is left of the copy";
    if (why == errc::no_directory) return "the directory of the target does not exist";
    if (is_without_room(why)) return "there is no room for the copy; nothing is left of it";
    const bool is_of_another = exit_status_of(why) == exit_in_use && !(why == errc::database_in_use);
    if (why == errc::newer_database || is_of_another || why.diagnostic().empty()) return explain(why, path);
    return why.diagnostic();
}

int status_of_copy(const error& why, int damaged) {
    if (why == errc::cancelled || is_without_room(why)) return exit_failed;
    if (why == errc::invalid_option) return exit_file;  // the target is there
    if (why == sqlite_errc::corrupt) return damaged;
    return exit_status_of(why);
}

}  // namespace carrel::cli
