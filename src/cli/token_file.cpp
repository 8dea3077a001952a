#include "cli/token_file.hpp"

#include "base/file_kind.hpp"
#include "base/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
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

// One byte more than there may be, to notice a file that is too long.
base::outcome<std::string> read_all(int number, const std::string& path, std::size_t bytes_max) {
    std::string bytes(bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(number, bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_fault(path);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

// What was opened is looked at, and not the path once more, which may name another file by then.
base::outcome<std::string> read_private(int number, const std::string& path, std::size_t bytes_max, bool may_be_pipe) {
    struct stat about {};
    if (::fstat(number, &about) != 0) return system_fault(path);
    const bool is_pipe = may_be_pipe && S_ISFIFO(about.st_mode) && base::kind_of(path) == base::file_kind::unnamed_pipe;
    if (!S_ISREG(about.st_mode) && !is_pipe) return failure{path, " is no regular file"};
    // Whoever writes it is waited for.
    if (is_pipe && ::fcntl(number, F_SETFL, 0) != 0) return system_fault(path);
    if (const auto why = base::why_not_private(about, path); !why.empty()) return failure{path, " ", why};
    return read_all(number, path, bytes_max);
}

base::outcome<std::string> read_secret(const std::string& path, std::size_t bytes_max, bool may_be_pipe) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (number < 0) return system_fault(path);
    auto text = read_private(number, path, bytes_max, may_be_pipe);
    ::close(number);
    if (text && text->size() > bytes_max) return failure{path, " has more than ", std::to_string(bytes_max), " bytes"};
    return text;
}

}  // namespace

base::outcome<std::string> read_secret_file(const std::string& path, std::size_t bytes_max) {
    return read_secret(path, bytes_max, false);
}

base::outcome<std::string> read_token(const std::string& path) {
    constexpr std::size_t line_end_bytes_max = 2;
    auto text = read_secret(path, token_bytes_max + line_end_bytes_max, true);
    if (!text) return text;
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    if (text->size() > token_bytes_max || !is_token(*text))
        return failure{path, " does not hold one token in one line"};
    return text;
}

}  // namespace carrel::cli
