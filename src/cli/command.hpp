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

/// Exit statuses; docs/operations.md lists them.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;   // the command ran and found fault: damage, refused lines, a failed checkpoint
inline constexpr int exit_usage = 2;    // a flag, a variable, a setting, or a limit of the system's is wrong
inline constexpr int exit_file = 3;     // a file is missing, or is not what it should be
inline constexpr int exit_in_use = 4;   // another process holds the database
inline constexpr int exit_network = 5;  // an address cannot be listened on, or a server does not answer
inline constexpr int exit_permission = 6;  // a file may not be used, or is open to others
inline constexpr int exit_damaged = 7;     // the database is damaged or was changed from outside

/// Says why a command cannot run, in one line on stderr and without the user information of a URL in it, and returns `status`.
int unusable(std::string_view why, int status = exit_usage);

/// Parses a command's arguments (the command's name first). Returns an exit status when the command is not to run:
/// help was requested, or the arguments are wrong, which is reported in one line on stderr.
std::optional<int> parse(CLI::App& app, std::span<char*> arguments);

/// Runs the command that the arguments name.
int run(std::span<char*> arguments);

/// The whole command line, the program's own name first, as `execvp` takes it. After `run` has begun.
char** command_line() noexcept;

int serve(std::span<char*> arguments);
int backup(std::span<char*> arguments);
int cert(std::span<char*> arguments);
int check(std::span<char*> arguments);
int restore(std::span<char*> arguments);
int ingest(std::span<char*> arguments);
int import_content(std::span<char*> arguments);
int export_events(std::span<char*> arguments);
int health(std::span<char*> arguments);
int migrate(std::span<char*> arguments);
int user(std::span<char*> arguments);
int vacuum(std::span<char*> arguments);

}  // namespace carrel::cli
