#include "cli/removal_at_signal.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

using namespace carrel::cli;

namespace {

// A process whose other thread makes the file again and again, and which is ended meanwhile. Never returns.
[[noreturn]] void be_ended_while_files_are_made(const std::string& folder) {
    // The first is made again while the others are looked for.
    const removal_at_signal removed(folder, {"copy.db", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"});
    const std::string path = folder + "/copy.db";
    std::atomic<bool> is_made{false};
    std::thread maker([&] {
        for (;;) {
            const int made = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
            if (made < 0) continue;
            ::close(made);
            is_made = true;
            is_made.notify_one();
        }
    });
    is_made.wait(false);
    std::raise(SIGTERM);
    std::_Exit(1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(removal)

BOOST_AUTO_TEST_CASE(what_other_threads_make_again_goes_as_well) {
    constexpr int rounds = 50;
    const auto within = std::filesystem::temp_directory_path() / "carrel-removal-XXXXXX";
    for (int round = 0; round < rounds; ++round) {
        std::string folder = within.string();
        BOOST_REQUIRE(::mkdtemp(folder.data()) != nullptr);
        const pid_t child = ::fork();
        BOOST_REQUIRE(child >= 0);
        if (child == 0) be_ended_while_files_are_made(folder);
        int status = 0;
        BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
        BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
        BOOST_TEST(!std::filesystem::exists(folder));
        BOOST_TEST(!std::filesystem::exists(folder + ".removed"));
        std::filesystem::remove_all(folder);
        std::filesystem::remove_all(folder + ".removed");
    }
}

BOOST_AUTO_TEST_SUITE_END()
