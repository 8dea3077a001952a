#include "cli/token_file.hpp"

#include "base/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace carrel::cli {
namespace {

constexpr std::size_t token_bytes_max = 1024;

using base::failure;

failure system_fault(const std::string& path) { return {path, ": ", std::strerror(errno)}; }

// What may stand behind `Bearer` (RFC 6750): anything else would be another field, or nothing that a server knows.
bool is_token(std::string_view text) {
    constexpr std::string_view others = "-._~+/=";
    return !text.empty() && std::all_of(text.begin(), text.end(), [others](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               others.find(c) != others.npos;
    });
}

// One byte more than a token may have, to notice a file that is too long.
base::outcome<std::string> read_all(int number, const std::string& path) {
    std::array<char, token_bytes_max + 3> bytes{};
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(number, bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_fault(path);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    return std::string(bytes.data(), size);
}

// What was opened is looked at, and not the path once more, which may name another file by then.
base::outcome<std::string> read_private(int number, const std::string& path) {
    struct stat about {};
    if (::fstat(number, &about) != 0) return system_fault(path);
    if (!S_ISREG(about.st_mode)) return failure{path, " is no regular file"};
    if (const auto why = base::why_not_private(about, path); !why.empty()) return failure{path, " ", why};
    return read_all(number, path);
}

}  // namespace

base::outcome<std::string> read_token(const std::string& path) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (number < 0) return system_fault(path);
    auto text = read_private(number, path);
    ::close(number);
    if (!text) return text;
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    if (text->size() > token_bytes_max || !is_token(*text))
        return failure{path, " does not hold one token in one line"};
    return text;
}

}  // namespace carrel::cli
