#include "cli/server_flags.hpp"

#include "base/file_kind.hpp"
#include "cli/file_safety.hpp"
#include "cli/settings_file.hpp"
#include "cli/token_file.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace carrel::cli {
namespace {

constexpr const char* const about_server[] = {"--url", "--cacert", "--token-file"};

// A user, a query or a fragment of a URL may be a secret, which an error must not repeat.
std::string fault_in_url(const std::string& url) {
    if (url.find('@') != url.npos) return "--url: a URL has no user and password here; --token-file FILE logs in";
    if (url.find_first_of("?#") != url.npos) return "--url: a URL has no query and no fragment here";
    return "--url: '" + url + "' is not http://HOST:PORT or https://HOST:PORT";
}

std::string token_file_of(const server_flags& flags) {
    if (!flags.token_file.empty()) return flags.token_file;
    const char* const named = std::getenv(token_file_variable);
    return named == nullptr ? "" : named;
}

}  // namespace

void add_server_flags(CLI::App& app, server_flags& into, const std::string& what) {
    app.add_option("--url", into.url, what)->capture_default_str();
    app.add_option("--cacert", into.ca_file,
                   "certificates (PEM) that a server of https:// is trusted by, instead of the system's");
    app.add_option("--token-file", into.token_file,
                   std::string("file with the API token that logs in, which nobody else may read (default: ") +
                       token_file_variable + "); sent by https:// or to loopback only")
        ->check([](const std::string& path) { return path.empty() ? std::string("must be a file") : std::string(); });
}

void exclude_server_flags(CLI::App& app, CLI::Option& database) {
    for (const char* const name : about_server) database.excludes(app.get_option(name));
}

std::optional<http_url> server_of(const server_flags& flags, server_fault& fault) {
    auto server = parse_url(flags.url);
    if (!server) return fault = {fault_in_url(flags.url), exit_usage}, std::nullopt;
    if (!flags.ca_file.empty() && ::access(flags.ca_file.c_str(), R_OK) != 0) {
        const int status = errno == EACCES ? exit_permission : exit_file;
        return fault = {"--cacert: " + flags.ca_file + ": " + std::strerror(errno), status}, std::nullopt;
    }
    if (base::kind_of(flags.ca_file) == base::file_kind::other)
        return fault = {"--cacert: " + flags.ca_file + " is no regular file", exit_file}, std::nullopt;
    server->ca_file = flags.ca_file;
    const std::string file = token_file_of(flags);
    if (file.empty()) return server;
    if (!server->is_safe())
        return fault = {"--token-file: a token is sent by https:// or to loopback only, and " + flags.url +
                            " is neither",
                        exit_usage},
               std::nullopt;
    auto token = read_token(file);
    if (!token) return fault = {"--token-file: " + token.error().text, status_of_secret(file)}, std::nullopt;
    server->token = std::move(*token);
    return server;
}

}  // namespace carrel::cli
