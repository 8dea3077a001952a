#include "cli/outbound_flags.hpp"

#include "base/file_kind.hpp"
#include "base/uuid.hpp"
#include "cli/host_flag.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

namespace carrel::cli {

void add_outbound_flags(CLI::App& app, serve_settings& settings) {
    auto& out = settings.outbound;
    app.add_option(
        "--key-file", settings.key_file,
        "key that secrets in the database are sealed with (default: the database's path and .key, made when the "
        "first secret comes)");
    app.add_option("--feeds-dir", out.feeds_directory, "directory that feeds of type filesystem are read from");
    app.add_flag("--allow-private-feeds", out.feeds.allow_private,
                 "feeds may be fetched from addresses that are not public");
    app.add_flag("--allow-private-actions", out.actions.allow_private,
                 "actions may send to addresses that are not public");
    app.add_option("--allow-outbound", out.feeds.allowed_hosts,
                   "host, or HOST:PORT, that feeds and actions may reach wherever it is; may be repeated")
        ->delimiter(',')
        ->transform(CLI::Validator(take_host, ""));
    app.add_option("--outbound-ca-file", out.feeds.ca_file,
                   "certificates (PEM) that feeds and actions trust beside the system's");
    app.add_option("--playbook-command", settings.playbook_commands,
                   "NAME=/path: a program that steps of playbooks may run; may be repeated")
        ->delimiter(',');
}

namespace {

// An absolute path of a program that may be run, under a name that can stand in a step.
std::string add_command(const std::string& given, siem::outbound_settings& into) {
    const auto equals = given.find('=');
    const std::string name = given.substr(0, equals);
    const std::filesystem::path path = equals == given.npos ? std::string() : given.substr(equals + 1);
    if (!siem::is_valid_id(name) || !path.is_absolute()) return "--playbook-command: '" + given + "' is not NAME=/path";
    std::error_code ec;
    if (!std::filesystem::is_regular_file(path, ec) || ::access(path.c_str(), X_OK) != 0)
        return "--playbook-command: " + path.string() + " is no program that can be run";
    if (!into.commands.emplace(name, path).second) return "--playbook-command: " + name + " is there twice";
    return {};
}

}  // namespace

std::string fault_in_outbound(serve_settings& settings) {
    auto& out = settings.outbound;
    out.actions.allowed_hosts = out.feeds.allowed_hosts;
    out.actions.ca_file = out.feeds.ca_file;
    out.actions.body_bytes_max = std::size_t{1} << 20;  // nobody needs what a webhook answers
    out.actions.deadline = std::chrono::milliseconds(20'000);
    // It is read for each request; one that is missing by now may be there by then.
    const auto kind = base::kind_of(out.feeds.ca_file);
    if (kind == base::file_kind::other || kind == base::file_kind::unnamed_pipe)
        return "--outbound-ca-file: " + out.feeds.ca_file + " is no regular file";
    for (const auto& each : settings.playbook_commands)
        if (auto wrong = add_command(each, out); !wrong.empty()) return wrong;
    if (out.feeds_directory.empty()) return {};
    std::error_code ec;
    const auto absolute = std::filesystem::canonical(out.feeds_directory, ec);
    if (ec || !std::filesystem::is_directory(absolute, ec))
        return "--feeds-dir: " + out.feeds_directory.string() + " is no directory";
    out.feeds_directory = absolute;
    return {};
}

std::string describe_outbound(const serve_settings& settings) {
    const auto& out = settings.outbound;
    std::string text;
    if (!settings.key_file.empty()) text += ", key file " + settings.key_file;
    if (!out.feeds_directory.empty()) text += ", feeds in " + out.feeds_directory.string();
    if (out.feeds.allow_private) text += ", feeds from private addresses";
    if (out.actions.allow_private) text += ", actions to private addresses";
    for (const auto& [name, path] : out.commands) text += ", playbooks run " + name + " (" + path.string() + ")";
    for (const auto& host : out.feeds.allowed_hosts) text += ", outbound to " + host;
    return text;
}

}  // namespace carrel::cli
