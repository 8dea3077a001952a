#include "cli/command.hpp"

#include "sqlite/process.hpp"

#include <boost/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <array>
#include <iostream>

namespace carrel::cli {
namespace {

struct command {
    std::string_view name;
    std::string_view summary;
    int (*run)(std::span<char*> arguments);
};

constexpr std::array commands{
    command{"serve", "answer HTTP requests from a database", &serve},
    command{"ingest", "put events from NDJSON files into a server or a database", &ingest},
    command{"check", "check the integrity of a database", &check},
};

void write_help(std::ostream& out) {
    out << "Usage: carrel COMMAND [OPTIONS]\n\nCommands:\n";
    for (const auto& each : commands)
        out << "  " << each.name << std::string(10 - each.name.size(), ' ') << each.summary << '\n';
    out << "\ncarrel COMMAND --help shows a command's options; carrel --version what it was built with.\n";
}

void write_version(std::ostream& out) {
    out << "carrel " << CARREL_VERSION << '\n'
        << "Boost " << BOOST_VERSION / 100000 << '.' << BOOST_VERSION / 100 % 1000 << '.' << BOOST_VERSION % 100 << '\n'
        << sqlite::version_report() << '\n';
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

}  // namespace

int unusable(std::string_view why) {
    std::cerr << "carrel: " << one_line(why) << std::endl;
    return exit_unusable;
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

int run(std::span<char*> arguments) {
    const std::string_view name = arguments.size() > 1 ? arguments[1] : "--help";
    for (const auto& each : commands)
        if (each.name == name) return each.run(arguments.subspan(1));
    if (name == "--version") return write_version(std::cout), exit_done;
    if (name == "--help" || name == "-h")
        return write_help(std::cout), arguments.size() > 1 ? exit_done : exit_unusable;
    return unusable("there is no command '" + std::string(name) + "'; carrel --help lists them");
}

}  // namespace carrel::cli
