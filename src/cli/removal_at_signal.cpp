#include "cli/removal_at_signal.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace carrel::cli {

namespace {

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP};

// What the handler reads: a vector that does not change while this is set.
std::atomic<const std::vector<std::string>*> files{nullptr};
std::atomic<const char*> directory{nullptr};

// Calls nothing but what a handler may.
void remove_and_end(int number) {
    const auto* const all = files.exchange(nullptr);
    const char* const path = directory.exchange(nullptr);
    // Threads of the database go on meanwhile, and may make a file again that has just been removed.
    constexpr int attempts_max = 1000;
    for (int attempts = 0; all != nullptr && path != nullptr && attempts < attempts_max; ++attempts) {
        for (const auto& each : *all) ::unlink(each.c_str());
        if (::rmdir(path) == 0 || (errno != ENOTEMPTY && errno != EEXIST)) break;
    }
    std::signal(number, SIG_DFL);
    std::raise(number);
}

}  // namespace

removal_at_signal::removal_at_signal(const std::string& of, std::initializer_list<std::string_view> names)
    : directory_(of) {
    for (const auto name : names) files_.push_back(of + "/" + std::string(name));
    files = &files_;
    directory = directory_.c_str();
    for (const int number : ending) std::signal(number, remove_and_end);
}

removal_at_signal::~removal_at_signal() {
    for (const int number : ending) std::signal(number, SIG_DFL);
    files = nullptr;
    directory = nullptr;
}

}  // namespace carrel::cli
