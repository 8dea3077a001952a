#include "cli/settings_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace carrel::cli {
namespace {

bool is_in_environment(const std::string& flag) {
    const char* value = std::getenv(environment_name(flag).c_str());
    return value != nullptr && *value != '\0';
}

}  // namespace

std::string environment_name(std::string_view flag) {
    std::string name = "CARREL_";
    for (const char c : flag) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

std::string_view without_comment(std::string_view line) {
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == '\0' && c == '#') return line.substr(0, i);
        if (quote == '\0' && (c == '"' || c == '\'')) quote = c;
        else if (c == quote) quote = '\0';
    }
    return line;
}

std::vector<CLI::ConfigItem> settings_file::from_config(std::istream& input) const {
    std::stringstream plain;
    for (std::string line; std::getline(input, line);) plain << without_comment(line) << '\n';
    auto entries = CLI::ConfigTOML::from_config(plain);
    for (auto& entry : entries) std::replace(entry.name.begin(), entry.name.end(), '_', '-');
    std::erase_if(entries, [](const auto& entry) { return is_in_environment(entry.name); });
    return entries;
}

void add_settings_file(CLI::App& app) {
    for (auto* option : app.get_options([](const CLI::Option* each) { return each->get_configurable(); }))
        if (!option->get_lnames().empty() && option->get_lnames().front() != "help")
            option->envname(environment_name(option->get_lnames().front()));
    const char* named = std::getenv("CARREL_CONFIG");
    const bool is_named = named != nullptr && *named != '\0';
    app.set_config("--config", is_named ? named : "", "TOML file with the names of these flags as keys", is_named);
    app.config_formatter(std::make_shared<settings_file>());
    app.allow_config_extras(CLI::config_extras_mode::error);
}

}  // namespace carrel::cli
