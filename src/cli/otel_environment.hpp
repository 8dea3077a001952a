#pragma once

#include "outbound/fetch.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::cli {

/// What OpenTelemetry's standard variables (`OTEL_…`) say of traces. What they leave open is absent.
struct otel_environment {
    std::string endpoint;  ///< Of traces, path included.
    outbound::headers headers;
    std::string ca_file;
    std::optional<bool> packs;  ///< Bodies are gzip'd.
    std::optional<double> ratio;
    bool callers_decide = true;  ///< The sampler is `parentbased_…`.
    std::optional<std::chrono::milliseconds> time_max, pause;
    std::vector<std::pair<std::string, std::string>> resource;
    /// What is wrong, or not taken, a clause each; no value of a header is shown.
    std::vector<std::string> faults;
    /// What is so wrong that nothing should be sent: a variable's name and why. It counts unless a flag takes the variable's place.
    std::string compression_fault, sampler_fault;
};

/// The value of a variable; empty if it is not set, which OpenTelemetry takes for the same.
using variable_lookup = std::function<std::string(const char* name)>;

otel_environment read_otel_environment(const variable_lookup& variable);

/// `a=1,b=2` with percent-encoded values, as lists of headers and attributes are written; nothing if it is no such list.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text);

/// Where traces go if a collector is named without a path: `/v1/traces` is appended. Otherwise the URL as it is.
std::string traces_url(const std::string& named);

}  // namespace carrel::cli
