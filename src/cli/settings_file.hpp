#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// The environment variable of a flag: `CARREL_LOG_FORMAT` of `log-format`.
std::string environment_name(std::string_view flag);

/// Gives every option of `app` its environment variable, and `app` a `--config FILE` whose keys are the names of the
/// flags. A flag beats the environment, the environment beats the file.
void add_settings_file(CLI::App& app);

/// Reads TOML of one level, `key = value`. CLI11 by itself would let the file beat the environment and take a comment
/// behind a value for more values.
class settings_file : public CLI::ConfigTOML {
public:
    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
};

/// A line of TOML without the comment at its end.
std::string_view without_comment(std::string_view line);

}  // namespace carrel::cli
