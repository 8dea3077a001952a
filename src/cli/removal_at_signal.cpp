#include "cli/removal_at_signal.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace carrel::cli {

namespace {

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP};

// What the handler reads: it does not change while this is set.
std::atomic<const removal_at_signal::paths*> in_force{nullptr};

// Calls nothing but what a handler may. Threads of the database go on meanwhile, and would make a file again that has just been
// removed: under another name nobody finds the directory. Who was in it already may make one more.
void remove_and_end(int number) {
    constexpr int attempts_max = 1000;
    const auto* const all = in_force.exchange(nullptr);
    if (all != nullptr && std::rename(all->directory.c_str(), all->renamed.c_str()) == 0)
        for (int attempts = 0; attempts < attempts_max; ++attempts) {
            for (const auto& each : all->files) ::unlink(each.c_str());
            if (::rmdir(all->renamed.c_str()) == 0 || (errno != ENOTEMPTY && errno != EEXIST)) break;
        }
    std::signal(number, SIG_DFL);
    std::raise(number);
}

}  // namespace

removal_at_signal::removal_at_signal(const std::string& directory, std::initializer_list<std::string_view> names)
    : paths_{directory, directory + ".removed", {}} {
    for (const auto name : names) paths_.files.push_back(paths_.renamed + "/" + std::string(name));
    in_force = &paths_;
    for (const int number : ending) std::signal(number, remove_and_end);
}

removal_at_signal::~removal_at_signal() {
    for (const int number : ending) std::signal(number, SIG_DFL);
    in_force = nullptr;
}

}  // namespace carrel::cli
