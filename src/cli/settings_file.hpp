#pragma once

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// The environment variable of a flag: `CARREL_LOG_FORMAT` of `log-format`.
std::string environment_name(std::string_view flag);

/// Names the token's file of the commands that ask a server. `serve` has no use for it and lets it stand.
inline constexpr const char* token_file_variable = "CARREL_TOKEN_FILE";

/// One key of a settings file and its values as a flag would have them.
struct setting {
    std::string name;
    std::vector<std::string> values;
};

/// Reads TOML of one level: keys that are names of flags, with a text, a number, a truth value or a list of them.
/// Underscores stand for hyphens. `fault` is set, in one clause, if the text is something else.
std::vector<setting> read_settings(std::string_view toml, std::string& fault);

/// Gives every option of `app` its environment variable, and `app` a `--config FILE`.
void add_settings_file(CLI::App& app);

/// After `app` has parsed the flags and the environment: takes what they leave open from the file that `--config` names. An
/// exit status if the file cannot be read, may be written by others, or names a setting that does not exist, or if the
/// environment has a `CARREL_` variable that does not exist; that has then been reported.
std::optional<int> apply_settings_file(CLI::App& app);

}  // namespace carrel::cli
