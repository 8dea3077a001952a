#pragma once

#include "base/failure.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// The command that takes files of the archive elsewhere.
namespace carrel::commits {

/// Splits a line at blanks; quotes and double quotes hold blanks together, a backslash takes the character behind it as it is.
/// No shell is in between. Nothing if a quote is not closed.
std::optional<std::vector<std::string>> split_command(std::string_view line);

/// `%p` is the file's path, `%f` its name, `%g` the name of its generation, `%%` a per cent sign.
std::string fill_in(std::string_view argument, const std::string& path);

/// The command, and how long it may take.
struct command_settings {
    std::vector<std::string> words;  ///< empty: none
    std::chrono::seconds time_max{3'600};
    std::chrono::milliseconds noted_after{60'000};  ///< from here on it is said that it runs
};

/// Called while the command runs, every some milliseconds, with the file's path and for how long it has run.
using running_note = std::function<void(const std::string& path, std::chrono::milliseconds running)>;

/// Hands the oldest complete file that was not taken yet to the command. False if there is none. A command that fails is a failure with
/// its exit status and what it said; one that takes longer than `time_max`, which is then ended with all that it started, too.
base::outcome<bool> send_next(const std::string& directory, const command_settings& command,
                              const std::stop_token& stop, const running_note& running);

/// Whether the command took this file.
bool was_sent(const std::string& path) noexcept;

}  // namespace carrel::commits
