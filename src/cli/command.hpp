#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

// What a person types. Every command returns the exit status of the program.
namespace carrel::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;    // the command ran and found fault: damage, refused lines, a failed checkpoint
inline constexpr int exit_unusable = 2;  // it could not run: a bad flag, a missing file, a port in use

/// Says why a command cannot run, in one line on stderr, and returns `exit_unusable`.
int unusable(std::string_view why);

/// Parses a command's arguments (the command's name first). Returns an exit status when the command is not to run:
/// help was asked for, or the arguments are wrong, which is told in one line on stderr.
std::optional<int> parse(CLI::App& app, std::span<char*> arguments);

/// Runs the command that the arguments name.
int run(std::span<char*> arguments);

int serve(std::span<char*> arguments);
int check(std::span<char*> arguments);
int ingest(std::span<char*> arguments);

}  // namespace carrel::cli
