#include "cli/tls_flags.hpp"

#include "base/file_kind.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/log.hpp"
#include "cli/options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <map>

namespace carrel::cli {
namespace {

constexpr std::chrono::hours warning_time{14 * 24};

}  // namespace

void add_tls_flags(CLI::App& app, http::tls_options& into) {
    static const std::map<std::string, http::tls_version> versions{{"1.2", http::tls_version::tls_1_2},
                                                                   {"1.3", http::tls_version::tls_1_3}};
    app.add_option("--tls-cert", into.certificate_file,
                   "certificate (PEM), with those between it and the root behind it; read anew at SIGHUP");
    app.add_option("--tls-key", into.key_file, "its private key (PEM), which nobody else may read");
    app.add_option("--tls-client-ca", into.client_ca_file,
                   "certificates (PEM) of who may have issued a client's; clients may then show one");
    app.add_option_function<std::string>(
           "--tls-min", [&into](const std::string& name) { into.version_min = versions.at(name); },
           "least version of TLS")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->default_str("1.2");
}

std::string fault_in_tls(const http::tls_options& options) {
    if (options.certificate_file.empty() != options.key_file.empty())
        return options.key_file.empty() ? "--tls-cert needs --tls-key" : "--tls-key needs --tls-cert";
    if (!options.client_ca_file.empty() && options.certificate_file.empty())
        return "--tls-client-ca needs --tls-cert and --tls-key";
    return {};
}

std::string describe_tls(const http::tls_options& options) {
    if (options.certificate_file.empty()) return {};
    std::string text = ", certificate " + options.certificate_file;
    if (!options.client_ca_file.empty()) text += ", clients of " + options.client_ca_file;
    if (options.version_min == http::tls_version::tls_1_3) text += ", TLS 1.3 only";
    return text;
}

std::optional<int> open_tls(const http::tls_options& options, std::shared_ptr<http::tls_acceptor>& into) {
    if (options.certificate_file.empty()) return std::nullopt;
    if (const auto why = unsafe_key(options.key_file); !why.empty())
        return unusable("serve: --tls-key: " + why, exit_permission);
    auto opened = http::tls_acceptor::open(options);
    if (!opened) return unusable("serve: " + opened.error().diagnostic(), exit_status_of(opened.error()));
    into = std::move(*opened);
    return std::nullopt;
}

void reload_tls(http::tls_acceptor& acceptor) {
    auto why = unsafe_key(acceptor.options().key_file);
    if (why.empty())
        if (auto loaded = acceptor.reload(); !loaded) why = loaded.error().diagnostic();
    if (!why.empty()) return log(log_level::error, "SIGHUP: " + why + "; the certificate in use stays");
    log(log_level::info, "SIGHUP: certificate " + acceptor.options().certificate_file + " read anew");
    warn_of_end(acceptor);
}

std::string why_not_read_again(const http::tls_options& options) {
    for (const auto& each : {options.certificate_file, options.key_file})
        if (base::kind_of(each) == base::file_kind::unnamed_pipe)
            return each + " is a pipe, which was read at the start";
    return {};
}

void warn_of_end(const http::tls_acceptor& acceptor) {
    const auto left = acceptor.certificate_time_left();
    const auto& file = acceptor.options().certificate_file;
    if (left.count() < 0) return log(log_level::warning, "the certificate in " + file + " has ended");
    if (left > warning_time) return;
    const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
    log(log_level::warning, "the certificate in " + file + " ends in " + std::to_string(days) + " days");
}

}  // namespace carrel::cli
