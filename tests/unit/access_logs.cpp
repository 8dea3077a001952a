#include "telemetry/access_log.hpp"

#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

using namespace carrel;
using namespace carrel::telemetry;
using carrel::testing::temp_directory;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(access_logs)

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct written_log {
    std::mutex mutex;
    std::vector<std::string> lines;
    log_sink sink() {
        return [this](log_level, std::string_view line) {
            const std::lock_guard lock(mutex);
            lines.emplace_back(line);
        };
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return lines.size();
    }
};

access_log::settings quick(const std::string& path) {
    access_log::settings made;
    made.path = path;
    made.pause = 1ms;
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_of_several_threads_are_whole_and_all_there_at_the_end) {
    temp_directory directory;
    const auto path = directory.file("access.log");
    {
        auto log = access_log::open(quick(path)).value();
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&lane = log->add_lane(), thread] {
                for (int i = 0; i < 2'000; ++i) lane.put("thread " + std::to_string(thread) + " line\n");
            });
        threads.clear();
        log->finish();
        BOOST_TEST(log->written() == 8'000u);
        BOOST_TEST(log->lost() == 0u);
    }
    std::ifstream file(path);
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) BOOST_TEST(line.ends_with(" line"));
    BOOST_TEST(lines == 8'000);
    struct stat about {};
    BOOST_TEST(::stat(path.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_CASE(it_appends_and_goes_on_in_a_new_file_after_it_was_renamed) {
    temp_directory directory;
    const auto path = directory.file("access.log");
    std::ofstream(path) << "before\n";
    auto log = access_log::open(quick(path)).value();
    auto& lane = log->add_lane();
    lane.put("first\n");
    BOOST_TEST(testing::eventually([&] { return log->written() == 1; }));
    std::filesystem::rename(path, path + ".1");
    BOOST_TEST(log->reopen(path).has_value());
    lane.put("second\n");
    BOOST_TEST(testing::eventually([&] { return log->written() == 2; }));
    BOOST_TEST(text_of(path + ".1") == "before\nfirst\n");
    BOOST_TEST(text_of(path) == "second\n");
    // What cannot be opened leaves it as it is.
    BOOST_TEST(log->reopen(directory.file("no/such/folder")).has_error());
    lane.put("third\n");
    log->finish();
    BOOST_TEST(text_of(path) == "second\nthird\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_lines_which_are_counted_and_one_line_of_the_log) {
    written_log seen;
    auto with = quick("/dev/full");
    with.log = seen.sink();
    auto log = access_log::open(with).value();
    auto& lane = log->add_lane();
    for (int i = 0; i < 5; ++i) {
        lane.put("x\n");
        BOOST_TEST(testing::eventually([&] { return log->lost() == static_cast<std::uint64_t>(i + 1); }));
    }
    temp_directory directory;
    BOOST_TEST(log->reopen(directory.file("room")).has_value());
    lane.put("y\n");
    BOOST_TEST(testing::eventually([&] { return seen.count() == 2; }));
    log->finish();
    BOOST_TEST(log->lost() == 5u);
    BOOST_TEST(text_of(directory.file("room")) == "y\n");
    BOOST_TEST(seen.lines[0].find("No space left") != std::string::npos);
    BOOST_TEST(seen.lines[1] == "the access log is written again");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_queue_is_dropped_and_counted) {
    temp_directory directory;
    auto with = quick(directory.file("access.log"));
    with.waiting_bytes_max = 100;
    with.pause = 1h;
    auto log = access_log::open(with).value();
    auto& lane = log->add_lane();
    const std::string line(39, 'x');
    lane.put(line + "\n");
    lane.put(std::string(200, 'y') + "\n");
    log->finish();
    BOOST_TEST(log->lost() == 1u);
    BOOST_TEST(text_of(with.path) == line + "\n");
}

// Nobody reads the pipe: it gives up in a bounded time, and so does the end of the program.
BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_reads_holds_nothing_up) {
    temp_directory directory;
    const auto path = directory.file("pipe");
    BOOST_TEST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    BOOST_TEST_REQUIRE(reader >= 0);
    auto log = access_log::open(quick(path)).value();
    auto& lane = log->add_lane();
    const std::string line(999, 'x');
    for (int i = 0; i < 500; ++i) lane.put(line + "\n");
    const auto began = std::chrono::steady_clock::now();
    log->finish();
    BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
    BOOST_TEST(log->written() > 0u);
    BOOST_TEST(log->lost() > 0u);
    BOOST_TEST(log->written() + log->lost() == 500u);
    ::close(reader);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_named) {
    const auto opened = access_log::open(quick("/no/such/folder/access.log"));
    BOOST_TEST_REQUIRE(opened.has_error());
    BOOST_TEST(opened.error().text == "/no/such/folder/access.log: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
