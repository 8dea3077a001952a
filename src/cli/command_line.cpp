#include "cli/command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>

namespace carrel::cli {
namespace {

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

// A password or a token in a URL that was typed is not written down.
std::string without_user_information(std::string text) {
    constexpr std::string_view mark = "://";
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
        at += mark.size();
        const auto end = std::min(text.find_first_of(" '\"", at), text.size());
        const auto sign = std::string_view(text).substr(0, end).rfind('@');
        if (sign != text.npos && sign > at) text.replace(at, sign - at, "…");
    }
    return text;
}

}  // namespace

int unusable(std::string_view why, int status) {
    std::cerr << "carrel: " << without_user_information(one_line(why)) << std::endl;
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
