#pragma once

#include <string>

namespace carrel::cli {

/// For `transform` of a flag whose value is a host, or HOST:PORT. CLI11 takes the brackets off an address of IPv6, since they are its
/// own mark of a list: they are put back. What is wrong with the value; empty if nothing is.
std::string take_host(std::string& host);

}  // namespace carrel::cli
