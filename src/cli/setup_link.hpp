#pragma once

#include "http/server.hpp"

#include <string>

namespace carrel::cli {

/// `https://HOST:PORT` by which a server that listens at `listening`, such as `https://0.0.0.0:8080`, answers: its own address if it is
/// a loopback one, else the first `--allow-host`, else `localhost` where it listens on every address.
std::string reachable_url(const http::server_options& front, const std::string& listening);

/// The text for a person who may make the first administrator: the link, and how to do without a page.
std::string setup_lines(const std::string& url, const std::string& token);

}  // namespace carrel::cli
