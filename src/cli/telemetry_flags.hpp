#pragma once

#include "http/server.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/trace_exporter.hpp"

#include <carrel/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace carrel::cli {

/// What is kept of requests beside their answers.
struct telemetry_settings {
    std::string access_log = "off";  ///< a path, `-` for stdout, or `off`
    std::string access_log_format = "text";
    std::string otlp_endpoint;  ///< empty: what the environment of OpenTelemetry says
    std::optional<double> otlp_sample_ratio;
    std::string otlp_compression;  ///< empty: what the environment says
    std::string otlp_headers_file, otlp_ca_file;

    /// Where traces go; no URL: nowhere. Set by `fault_in_telemetry`.
    telemetry::trace_exporter::settings traces;
    std::vector<std::string> notes;  ///< what of the environment is not taken, for the log
};

void add_telemetry_flags(CLI::App& app, telemetry_settings& into);

/// Reads what files and the environment add. Empty if all is well.
std::string fault_in_telemetry(telemetry_settings& settings);

std::string describe_telemetry(const telemetry_settings& settings);

/// What was opened of it.
class telemetry_service {
public:
    /// An exit status if it cannot be had.
    std::optional<int> open(const telemetry_settings& settings, const log_sink& log, http::server_options& into);
    /// At SIGHUP: the access log goes on under its name, which may be another one now.
    void reopen(const telemetry_settings& settings) const;
    void add_counters(std::vector<http::counter>& to) const;
    /// Writes and sends what is left, once the server has answered its last request.
    void finish();

private:
    std::shared_ptr<telemetry::access_log> lines_;
    std::shared_ptr<telemetry::trace_exporter> traces_;
};

}  // namespace carrel::cli
