#pragma once

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
    std::string ca_file;
};

/// `--url` and `--cacert`; the first of them is returned. `into` must outlive the parsing.
CLI::Option* add_server_flags(CLI::App& app, server_flags& into, const std::string& what);

/// Nothing, with `fault` set in one clause, if a flag is wrong.
std::optional<http_url> server_of(const server_flags& flags, std::string& fault);

}  // namespace carrel::cli
