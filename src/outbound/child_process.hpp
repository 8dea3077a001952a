#pragma once

#include "base/failure.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace carrel::outbound {

/// A program to run, with nothing of this process's environment or open files.
struct child {
    std::string program;  ///< a path
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::string directory;   ///< it begins there
    std::string error_path;  ///< its standard error goes there; its standard output goes nowhere
    std::size_t file_bytes_max = 0;
    std::string* output = nullptr;     ///< gets what it says on standard output and error, instead of those two
    std::size_t output_bytes_max = 0;  ///< ... up to this; what is beyond is read and dropped
};

/// Runs it to its end and gives its exit status (128 and the signal if one ended it). It and all processes of its group are
/// killed at the deadline, on a stop, and when `fault` gives a text, which becomes the failure; `fault` is called every
/// some milliseconds.
base::outcome<int> run(const child& what, std::chrono::steady_clock::time_point deadline, const std::stop_token& stop,
                       const std::function<std::string()>& fault);

}  // namespace carrel::outbound
