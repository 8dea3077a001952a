#include "cli/service_manager.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace carrel::cli {
namespace {

constexpr int first_passed = 3;
constexpr std::uint64_t sockets_max = 256;

// A variable that is for this process alone.
std::optional<std::string> take(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    std::string taken = value;
    ::unsetenv(name);
    return taken;
}

std::optional<std::uint64_t> number_in(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Who has it from a parent that forgot to take it away is not meant.
bool is_for_this_process(const std::optional<std::string>& pid) {
    return !pid || number_in(*pid) == static_cast<std::uint64_t>(::getpid());
}

std::string described(const char* variable, const std::string& value, const char* expected) {
    return std::string("the environment variable ") + variable + " is '" + value + "', not " + expected;
}

void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

// Puts the sockets at 3 and on, open in the next program; everything else is closed there. By way of higher descriptors,
// since one's place may be taken by another.
bool arrange(std::vector<int> sockets) noexcept {
    const int beyond = first_passed + static_cast<int>(sockets.size());
    for (int& each : sockets) {
        each = ::fcntl(each, F_DUPFD_CLOEXEC, beyond);
        if (each < 0) return false;
    }
    if (::close_range(first_passed, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
    int place = first_passed;
    for (const int each : sockets)
        if (::dup2(each, place++) < 0) return false;
    return true;
}

}  // namespace

service_manager::service_manager() {
    read_notify_socket();
    read_watchdog();
    read_sockets();
}

service_manager::~service_manager() {
    if (notify_ >= 0) ::close(notify_);
}

void service_manager::read_notify_socket() {
    const auto address = take("NOTIFY_SOCKET");
    if (!address || address->empty()) return;
    const bool is_known = address->front() == '/' || address->front() == '@';
    if (!is_known || address->size() >= sizeof(sockaddr_un::sun_path)) {
        fault_ = described("NOTIFY_SOCKET", *address, "a path, or a name behind @, of 107 bytes at most");
        return;
    }
    address_ = *address;
    // Opened now: at the limit of open files the watchdog must still hear.
    notify_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval time_max{5, 0};
    if (notify_ >= 0) ::setsockopt(notify_, SOL_SOCKET, SO_SNDTIMEO, &time_max, sizeof time_max);
}

void service_manager::read_watchdog() {
    const auto pid = take("WATCHDOG_PID");
    const auto interval = take("WATCHDOG_USEC");
    if (!interval || !is_for_this_process(pid)) return;
    const auto number = number_in(*interval);
    if (!number || *number == 0 || *number > INT64_MAX) {
        fault_ = described("WATCHDOG_USEC", *interval, "a number of microseconds");
        return;
    }
    watchdog_time_ = std::chrono::microseconds(*number);
}

void service_manager::read_sockets() {
    const auto pid = take("LISTEN_PID");
    const auto count = take("LISTEN_FDS");
    take("LISTEN_FDNAMES");
    if (!count || !pid || !is_for_this_process(pid)) return;
    const auto number = number_in(*count);
    if (!number || *number > sockets_max) {
        fault_ = described("LISTEN_FDS", *count, "a number of sockets, to 256");
        return;
    }
    for (int i = 0; i < static_cast<int>(*number); ++i) sockets_.push_back(first_passed + i);
}

void service_manager::tell(std::string_view state) const noexcept {
    if (notify_ < 0) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A service manager that is gone gets no message.
    [[maybe_unused]] const auto sent =
        ::sendto(notify_, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
}

void service_manager::tell_reloading(std::string_view status) const noexcept {
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now) + "\nSTATUS=" + std::string(status));
}

int service_manager::run_again(const std::vector<int>& sockets, char** arguments) const noexcept {
    if (!address_.empty()) set("NOTIFY_SOCKET", address_);
    if (watchdog_time_.count() > 0) {
        set("WATCHDOG_USEC", std::to_string(watchdog_time_.count()));
        set("WATCHDOG_PID", std::to_string(::getpid()));
    }
    set("LISTEN_FDS", std::to_string(sockets.size()));
    set("LISTEN_PID", std::to_string(::getpid()));
    if (arrange(sockets)) ::execvp(arguments[0], arguments);
    return errno;
}

}  // namespace carrel::cli
