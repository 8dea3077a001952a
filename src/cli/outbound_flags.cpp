#include "cli/outbound_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

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
        ->delimiter(',');
    app.add_option("--outbound-ca-file", out.feeds.ca_file,
                   "certificates (PEM) that feeds and actions trust beside the system's");
}

std::string fault_in_outbound(serve_settings& settings) {
    auto& out = settings.outbound;
    out.actions.allowed_hosts = out.feeds.allowed_hosts;
    out.actions.ca_file = out.feeds.ca_file;
    out.actions.body_bytes_max = std::size_t{1} << 20;  // nobody needs what a webhook answers
    out.actions.deadline = std::chrono::milliseconds(20'000);
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
    for (const auto& host : out.feeds.allowed_hosts) text += ", outbound to " + host;
    return text;
}

}  // namespace carrel::cli
