#pragma once

#include "http/server.hpp"

#include <carrel/options.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace carrel::cli {

/// All that `carrel serve` was told.
struct serve_settings {
    options store;
    http::server_options front;
    std::string log_format = "text";
    std::string log_level = "info";
    std::chrono::milliseconds drain_time_max{10'000};
};

/// The settings from flags, environment and file, checked as far as that goes without touching anything; or the exit
/// status when help was asked for or something is wrong, which has then been told.
std::variant<serve_settings, int> parse_serve(std::span<char*> arguments);

/// Settings of the SIEM's store: its migrations and its functions.
options store_options(const std::string& path);

/// An error of `database::open` in words for the person who named the path.
std::string explain(const error& why, const std::string& path);

}  // namespace carrel::cli
