#pragma once

#include "cli/command.hpp"
#include "cli/http_client.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace carrel::cli {

/// The server that a command talks to, as it is named on the command line.
struct server_flags {
    std::string url = "http://127.0.0.1:8080";
    std::string ca_file, token_file;
};

/// `--url`, `--cacert` and `--token-file`. `into` must outlive the parsing.
void add_server_flags(CLI::App& app, server_flags& into, const std::string& what);

/// `database` names no server, so what is about one does not go with it.
void exclude_server_flags(CLI::App& app, CLI::Option& database);

/// Why no request can be sent to a server, in one clause, and the exit status that it means.
struct server_fault {
    std::string why;
    int status = exit_usage;
};

/// The server with its token, whose file `CARREL_TOKEN_FILE` names if no flag does. Nothing, with `fault` set, if a flag is wrong, or
/// if the token could be read on the way.
std::optional<http_url> server_of(const server_flags& flags, server_fault& fault);

}  // namespace carrel::cli
