#include "cli/header_file.hpp"

#include "cli/token_file.hpp"
#include "outbound/checks.hpp"

#include <algorithm>
#include <string_view>

namespace carrel::cli {
namespace {

constexpr std::size_t bytes_max = 16 * 1024;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

base::outcome<outbound::headers> read_header_file(const std::string& path) {
    const auto text = read_secret_file(path, bytes_max);
    if (!text) return text.error();
    outbound::headers found;
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.starts_with('#')) continue;
        const auto colon = std::min(line.find(':'), line.size());
        const auto name = trimmed(line.substr(0, colon));
        const auto value = colon < line.size() ? trimmed(line.substr(colon + 1)) : std::string_view();
        if (value.empty() || !outbound::is_sendable(name, value))
            return base::failure{path, ", line ", std::to_string(number),
                                 ": is no header that can be sent, NAME: VALUE"};
        found.push_back({std::string(name), std::string(value)});
    }
    return found;
}

}  // namespace carrel::cli
