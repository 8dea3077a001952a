#include "metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace carrel::metrics {

namespace {

// The fields of /proc/self/stat from the third on, as proc(5) numbers them: the second may hold blanks and brackets.
std::vector<double> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos || name_end + 4 > line.size()) return {};
    std::istringstream rest(line.substr(name_end + 4));  // past the state, which is a letter
    return {std::istream_iterator<double>(rest), {}};
}

// When the system started, in seconds since 1970.
std::optional<double> boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
    return std::nullopt;
}

std::optional<double> open_descriptors() {
    std::error_code none;
    double count = -1;  // the one that reads the directory
    for (auto at = std::filesystem::directory_iterator("/proc/self/fd", none);
         !none && at != std::filesystem::directory_iterator(); at.increment(none))
        ++count;
    return none ? std::nullopt : std::optional(count);
}

}  // namespace

process_state process_now() {
    process_state now;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    constexpr std::size_t first = 4;  // the number of the first field that is read
    if (const auto fields = stat_fields(); fields.size() > 24 - first) {
        const auto field = [&](std::size_t number) { return fields[number - first]; };
        now.cpu_seconds = (field(14) + field(15)) / ticks;
        now.threads = field(20);
        now.virtual_bytes = field(23);
        now.resident_bytes = field(24) * page;
        if (const auto boot = boot_time()) now.start_seconds = *boot + field(22) / ticks;
    }
    now.descriptors = open_descriptors();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) now.descriptors_max = static_cast<double>(limit.rlim_cur);
    return now;
}

}  // namespace carrel::metrics
