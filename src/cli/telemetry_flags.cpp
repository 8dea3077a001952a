#include "cli/telemetry_flags.hpp"

#include "base/file_kind.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/header_file.hpp"
#include "cli/log.hpp"
#include "cli/otel_environment.hpp"
#include "outbound/url.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace carrel::cli {
namespace {

constexpr std::string_view off = "off";

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// What says which server it is, where the environment does not.
void add_own_resource(std::vector<std::pair<std::string, std::string>>& resource) {
    const auto add = [&resource](const char* name, std::string value) {
        const bool is_there =
            std::any_of(resource.begin(), resource.end(), [name](const auto& each) { return each.first == name; });
        if (!is_there) resource.emplace_back(name, std::move(value));
    };
    add("service.name", "carrel");
    add("service.version", CARREL_VERSION);
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0) add("host.name", host);
    add("process.pid", std::to_string(::getpid()));
}

std::string fault_in_endpoint(const std::string& url) {
    const auto parsed = outbound::parse_url(url);
    return parsed ? std::string() : "--otlp-endpoint: " + parsed.error().text;
}

// Files that the exporter needs. An exit status if they cannot be used.
std::optional<int> read_files(const telemetry_settings& settings, telemetry::trace_exporter::settings& into) {
    if (!into.ca_file.empty() && ::access(into.ca_file.c_str(), R_OK) != 0) {
        const int status = errno == EACCES ? exit_permission : exit_file;
        return unusable("serve: --otlp-ca-file: " + into.ca_file + ": " + std::strerror(errno), status);
    }
    if (!into.ca_file.empty() && base::kind_of(into.ca_file) != base::file_kind::regular)
        return unusable("serve: --otlp-ca-file: " + into.ca_file + " is no regular file", exit_file);
    if (settings.otlp_headers_file.empty()) return std::nullopt;
    auto read = read_header_file(settings.otlp_headers_file);
    if (!read)
        return unusable("serve: --otlp-headers-file: " + read.error().text,
                        status_of_secret(settings.otlp_headers_file));
    into.fields = std::move(*read);
    return std::nullopt;
}

}  // namespace

void add_telemetry_flags(CLI::App& app, telemetry_settings& into) {
    app.add_option("--access-log", into.access_log,
                   "file that gets a line for each request, opened anew at SIGHUP; - for stdout, off for none")
        ->capture_default_str();
    app.add_option("--access-log-format", into.access_log_format, "of the access log")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    app.add_option("--otlp-endpoint", into.otlp_endpoint,
                   "URL of a collector that gets traces by OTLP over HTTP, such as http://127.0.0.1:4318; off for none "
                   "(default: OTEL_EXPORTER_OTLP_ENDPOINT, and none without it)");
    app.add_option("--otlp-sample-ratio", into.otlp_sample_ratio,
                   "of the traces that begin here, how many are sent, from 0 to 1; those of callers that have decided "
                   "are as they say (default: 1)")
        ->check(CLI::Range(0.0, 1.0))
        ->check([](const std::string& text) {  // "nan" is in no range and passes it
            return std::strtod(text.c_str(), nullptr) >= 0 ? std::string() : "'" + text + "' is no number from 0 to 1";
        });
    app.add_option(
           "--otlp-compression", into.otlp_compression,
           "of what the collector gets: gzip or none (default: OTEL_EXPORTER_OTLP_COMPRESSION, and none without it)")
        ->check(CLI::IsMember({"gzip", "none"}));
    app.add_option("--otlp-headers-file", into.otlp_headers_file,
                   "file with header lines, NAME: VALUE, that log in at the collector, which nobody else may read");
    app.add_option("--otlp-ca-file", into.otlp_ca_file,
                   "certificates (PEM) that the collector is trusted by, beside the system's");
}

std::string fault_in_telemetry(telemetry_settings& settings) {
    if (settings.access_log.empty()) return "--access-log: must be a path, - or off";
    if (settings.otlp_endpoint == off) return {};
    auto environment = read_otel_environment(variable);
    auto& traces = settings.traces;
    traces.url = settings.otlp_endpoint.empty() ? environment.endpoint : traces_url(settings.otlp_endpoint);
    if (traces.url.empty()) {
        for (const auto& [given, flag] : {std::pair(!settings.otlp_headers_file.empty(), "--otlp-headers-file"),
                                          std::pair(!settings.otlp_ca_file.empty(), "--otlp-ca-file"),
                                          std::pair(!settings.otlp_compression.empty(), "--otlp-compression"),
                                          std::pair(settings.otlp_sample_ratio.has_value(), "--otlp-sample-ratio")})
            if (given) return std::string(flag) + " needs --otlp-endpoint";
        const bool is_named =
            !variable("OTEL_EXPORTER_OTLP_ENDPOINT").empty() || !variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").empty();
        if (is_named) settings.notes = std::move(environment.faults);
        return {};
    }
    settings.notes = std::move(environment.faults);
    if (auto fault = fault_in_endpoint(traces.url); !fault.empty()) return fault;
    traces.fields = std::move(environment.headers);
    traces.ca_file = settings.otlp_ca_file.empty() ? environment.ca_file : settings.otlp_ca_file;
    if (settings.otlp_compression.empty() && !environment.compression_fault.empty())
        return environment.compression_fault;
    traces.packs =
        settings.otlp_compression.empty() ? environment.packs.value_or(false) : settings.otlp_compression == "gzip";
    if (!settings.otlp_sample_ratio && !environment.sampler_fault.empty()) return environment.sampler_fault;
    traces.ratio = settings.otlp_sample_ratio.value_or(environment.ratio.value_or(1));
    traces.callers_decide = settings.otlp_sample_ratio.has_value() || environment.callers_decide;
    traces.time_max = environment.time_max.value_or(traces.time_max);
    traces.pause = environment.pause.value_or(traces.pause);
    traces.resource = std::move(environment.resource);
    add_own_resource(traces.resource);
    return {};
}

std::string describe_telemetry(const telemetry_settings& settings) {
    std::string text;
    if (settings.access_log != off) text += ", access log " + settings.access_log;
    // Keys may be in a URL's path and query.
    if (!settings.traces.url.empty()) {
        const auto to = outbound::parse_url(settings.traces.url);
        text += ", traces to " + (to ? to->origin() : std::string("nowhere"));
        auto ratio = std::to_string(settings.traces.ratio);
        ratio.erase(std::max(ratio.find_last_not_of('0') + 1, ratio.find('.') + 2));
        text += " at a ratio of " + ratio;
    }
    return text;
}

std::optional<int> telemetry_service::open(const telemetry_settings& settings, const log_sink& log,
                                           http::server_options& into) {
    for (const auto& each : settings.notes) log(log_level::warning, each);
    if (settings.access_log != off) {
        telemetry::access_log::settings with;
        with.path = settings.access_log;
        with.is_json = settings.access_log_format == "json";
        with.log = log;
        auto opened = telemetry::access_log::open(std::move(with));
        if (!opened) return unusable("serve: --access-log: " + opened.error().text, exit_file);
        lines_ = std::move(*opened);
    }
    if (!settings.traces.url.empty()) {
        auto with = settings.traces;
        with.log = log;
        if (const auto status = read_files(settings, with)) return status;
        traces_ = std::make_shared<telemetry::trace_exporter>(std::move(with));
    }
    into.access_lines = lines_;
    into.traces = traces_;
    return std::nullopt;
}

void telemetry_service::reopen(const telemetry_settings& settings) const {
    if (lines_ == nullptr || settings.access_log == off) return;
    if (auto opened = lines_->reopen(settings.access_log); !opened)
        log(log_level::error, "SIGHUP: the access log cannot be opened, the one in use stays: " + opened.error().text);
}

void telemetry_service::add_counters(std::vector<http::counter>& to) const {
    if (lines_) {
        constexpr std::string_view name = "access_log_lines_total",
                                   help = "Lines of the access log, by what became of them.";
        to.push_back({name, help, lines_->written(), {"outcome", "written"}});
        to.push_back({name, help, lines_->lost(), {"outcome", "lost"}});
    }
    if (traces_) {
        constexpr std::string_view name = "traced_requests_total",
                                   help = "Requests that were sampled, by what became of their spans.";
        to.push_back({name, help, traces_->sent(), {"outcome", "sent"}});
        to.push_back({name, help, traces_->rejected(), {"outcome", "rejected"}});
        to.push_back({name, help, traces_->failed(), {"outcome", "failed"}});
        to.push_back({name, help, traces_->dropped(), {"outcome", "dropped"}});
    }
}

void telemetry_service::finish() {
    if (traces_) traces_->finish();
    if (lines_) lines_->finish();
}

}  // namespace carrel::cli
