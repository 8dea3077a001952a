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
    command{"import", "put Sigma rules or ATT&CK into a server or a database", &import_content},
    command{"export", "write events of a server or a database as NDJSON or CSV", &export_events},
    command{"backup", "copy a database whole, also while a server uses it", &backup},
    command{"cert", "make a private key and a certificate that it signs itself", &cert},
    command{"health", "ask the server of the same settings whether it is ready", &health},
    command{"check", "check the integrity of a database", &check},
    command{"restore", "make a database out of an archive, as it was at a point in time", &restore},
    command{"user", "add users to a database, and let them in again", &user},
    command{"migrate", "bring a database to what this program knows, or try it on a copy", &migrate},
    command{"vacuum", "rebuild a database without its free pages", &vacuum},
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

char** whole_line = nullptr;

// A token, a head of the audit log or a list that could not be printed is lost, so that the command has failed. A server is for
// its clients, whoever reads its first line.
int status_after(int status, std::string_view name) {
    std::cout.flush();
    if (std::cout || status != exit_done || name == "serve") return status;
    return unusable(std::string(name) + ": stdout cannot be written: what was to be printed is lost", exit_file);
}

}  // namespace

char** command_line() noexcept { return whole_line; }

int run(std::span<char*> arguments) {
    whole_line = arguments.data();
    const std::string_view name = arguments.size() > 1 ? arguments[1] : "--help";
    for (const auto& each : commands)
        if (each.name == name) return status_after(each.run(arguments.subspan(1)), name);
    if (name == "--version") return write_version(std::cout), status_after(exit_done, name);
    if (name == "--help" || name == "-h") return write_help(std::cout), arguments.size() > 1 ? exit_done : exit_usage;
    return unusable("'" + std::string(name) + "' is not a command; carrel --help lists them");
}

}  // namespace carrel::cli
