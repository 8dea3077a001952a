#include "cli/program_trial.hpp"

#include "outbound/child_process.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <limits>
#include <system_error>

namespace carrel::cli {

std::string why_not_carrel(const std::string& path) {
    constexpr std::chrono::seconds time_max{10};
    constexpr std::size_t output_bytes_max = 1'000;
    std::error_code ec;
    outbound::child what;
    what.program = path;
    what.arguments = {"--version"};
    // What the loader finds libraries by is in it.
    for (char** each = environ; *each != nullptr; ++each) what.environment.emplace_back(*each);
    what.directory = std::filesystem::current_path(ec).string();
    if (ec) what.directory = "/";
    what.file_bytes_max = std::numeric_limits<std::size_t>::max();
    std::string output;
    what.output = &output;
    what.output_bytes_max = output_bytes_max;
    const auto until = std::chrono::steady_clock::now() + time_max;
    const auto status = outbound::run(what, until, {}, [] { return std::string(); });
    if (!status) return status.error().text;
    if (*status != 0) return "it ends with status " + std::to_string(*status) + " when it is asked for its version";
    return output.starts_with("carrel ") ? std::string() : "it is not carrel";
}

}  // namespace carrel::cli
