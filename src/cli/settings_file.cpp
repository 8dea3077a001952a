#include "cli/settings_file.hpp"

#include "base/file_kind.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/toml_text.hpp"

#include <CLI/Config.hpp>

#define TOML_EXCEPTIONS 0
// Version 3.3 asserts that a table's name begins as one, and then reports the error where it does not.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>

namespace carrel::cli {
namespace {

// Of a value that a flag can have.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
    if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    if (const auto number = node.value_exact<double>()) return std::to_string(*number);
    return std::nullopt;
}

// The values of a key; nothing for a table and the like.
std::vector<std::string> values_of(const toml::node& node) {
    std::vector<std::string> values;
    const auto* list = node.as_array();
    if (list == nullptr) {
        if (auto text = text_of(node)) values.push_back(std::move(*text));
        return values;
    }
    for (const auto& item : *list) {
        auto text = text_of(item);
        if (!text) return {};
        values.push_back(std::move(*text));
    }
    return values;
}

CLI::Option* option_named(CLI::App& app, const std::string& name) {
    return name == "config" || name == "help" ? nullptr : app.get_option_no_throw("--" + name);
}

// Variables of the tests, the benchmarks and the other commands are not settings.
bool is_setting(std::string_view variable) {
    return variable.starts_with("CARREL_") && !variable.starts_with("CARREL_TEST_") &&
           !variable.starts_with("CARREL_BENCH_") && variable != token_file_variable;
}

std::string unknown_variable(CLI::App& app) {
    std::vector<std::string> known;
    for (const auto* option : app.get_options()) known.push_back(option->get_envname());
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const auto name = variable.substr(0, variable.find('='));
        if (is_setting(name) && std::find(known.begin(), known.end(), name) == known.end()) return std::string(name);
    }
    return {};
}

void apply(CLI::App& app, const setting& each) {
    auto* option = option_named(app, each.name);
    if (option->count() != 0) return;
    if (option->get_expected_min() == 0) option->add_result(option->get_flag_value(each.name, each.values.front()));
    else option->add_result(each.values);
    option->run_callback();
}

// Another file may be at the path by now, and nobody is waited for who may never write it.
std::optional<std::string> read_whole(const std::string& path, bool is_pipe) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (is_pipe ? 0 : O_NONBLOCK));
    struct stat about {};
    bool is_fine = number >= 0 && ::fstat(number, &about) == 0 && (is_pipe || S_ISREG(about.st_mode));
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t got = 1; is_fine && got != 0;) {
        got = ::read(number, piece.data(), piece.size());
        is_fine = got >= 0 || errno == EINTR;
        if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
    }
    if (number >= 0) ::close(number);
    return is_fine ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

std::string environment_name(std::string_view flag) {
    std::string name = "CARREL_";
    for (const char c : flag) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

std::vector<setting> read_settings(std::string_view text, std::string& fault) {
    std::vector<setting> settings;
    if (const auto stray = find_stray_letter(text); stray != text.npos) {
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(stray), '\n');
        fault = "line " + std::to_string(line) + ": a letter beyond ASCII outside a quoted text";
        return settings;
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const auto& error = parsed.error();
        fault = "line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description());
        return settings;
    }
    for (const auto& [key, node] : parsed.table()) {
        setting each{std::string(key.str()), values_of(node)};
        std::replace(each.name.begin(), each.name.end(), '_', '-');
        if (each.values.empty()) {
            fault = "'" + std::string(key.str()) + "' must be a text, a number, true, false, or a list of texts";
            return settings;
        }
        settings.push_back(std::move(each));
    }
    return settings;
}

void add_settings_file(CLI::App& app) {
    app.add_option("--config", "TOML file with the names of these flags as keys")->type_name("FILE");
    for (auto* option : app.get_options())
        if (!option->get_lnames().empty() && option->get_lnames().front() != "help")
            option->envname(environment_name(option->get_lnames().front()));
}

std::optional<int> apply_settings_file(CLI::App& app) {
    if (const auto name = unknown_variable(app); !name.empty())
        return unusable(app.get_name() + ": the environment variable " + name + " is not a setting of carrel");
    const auto* config = app.get_option("--config");
    if (config->count() == 0 || config->as<std::string>().empty()) return std::nullopt;
    const auto path = config->as<std::string>();
    const auto name = app.get_name() + ": " + path;
    if (const auto why = unsafe_settings(path); !why.empty()) return unusable(name + " " + why, exit_permission);
    const auto kind = base::kind_of(path);
    if (kind == base::file_kind::other) return unusable(name + " is no regular file", exit_file);
    const auto read = read_whole(path, kind == base::file_kind::unnamed_pipe);
    if (!read) return unusable(name + " cannot be read", exit_file);
    const std::string& text = *read;
    // Once read it stays empty, which is not what it said.
    if (text.empty() && kind == base::file_kind::unnamed_pipe)
        return unusable(name + " is a pipe, and nothing is in it any more", exit_file);
    std::string fault;
    const auto settings = read_settings(text, fault);
    if (!fault.empty()) return unusable(name + ": " + fault);
    for (const auto& each : settings)
        if (option_named(app, each.name) == nullptr)
            return unusable(name + ": '" + each.name + "' is not a setting of carrel");
    try {
        for (const auto& each : settings) apply(app, each);
    } catch (const CLI::ParseError& wrong) {
        return unusable(name + ": " + wrong.what());
    }
    return std::nullopt;
}

}  // namespace carrel::cli
