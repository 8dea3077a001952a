#include "cli/command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace carrel::cli {
namespace {

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

}  // namespace

int unusable(std::string_view why, int status) {
    std::cerr << "carrel: " << one_line(why) << std::endl;
    return status;
}

std::optional<int> parse(CLI::App& app, std::span<char*> arguments) {
    try {
        app.parse(static_cast<int>(arguments.size()), arguments.data());
        return std::nullopt;
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return exit_done;
    } catch (const CLI::ParseError& wrong) {
        return unusable(app.get_name() + ": " + wrong.what());
    }
}

}  // namespace carrel::cli
