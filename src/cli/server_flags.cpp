#include "cli/server_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace carrel::cli {

CLI::Option* add_server_flags(CLI::App& app, server_flags& into, const std::string& what) {
    auto* url = app.add_option("--url", into.url, what)->capture_default_str();
    app.add_option("--cacert", into.ca_file,
                   "certificates (PEM) that a server of https:// is trusted by, instead of the system's");
    return url;
}

std::optional<http_url> server_of(const server_flags& flags, std::string& fault) {
    auto server = parse_url(flags.url);
    if (!server) fault = "--url: '" + flags.url + "' is not http://HOST:PORT or https://HOST:PORT";
    else if (!flags.ca_file.empty() && ::access(flags.ca_file.c_str(), R_OK) != 0)
        fault = "--cacert: " + flags.ca_file + ": " + std::strerror(errno);
    if (!fault.empty()) return std::nullopt;
    server->ca_file = flags.ca_file;
    return server;
}

}  // namespace carrel::cli
