#include "telemetry/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace carrel::telemetry {
namespace {

constexpr std::chrono::milliseconds last_flush_max{2'000};
constexpr std::chrono::milliseconds batch_time_max{1'000};  // of a pipe that nobody reads
constexpr int poll_ms = 100;

std::uint64_t count_lines(std::string_view text) noexcept {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Who reads a pipe is not waited for: at SIGHUP the server would stand still.
base::outcome<int> open_to_append(const std::string& path) {
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const int opened = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), flags, 0600);
    struct stat about {};
    if (opened < 0 && errno == ENXIO && ::stat(path.c_str(), &about) == 0 && S_ISFIFO(about.st_mode))
        return base::failure{path, " is a pipe that nobody reads"};
    if (opened < 0) return base::failure{path, ": ", std::strerror(errno)};
    return opened;
}

bool may_stand_still(int descriptor) noexcept {
    struct stat about {};
    return ::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode);
}

}  // namespace

base::outcome<std::unique_ptr<access_log>> access_log::open(settings with) {
    const auto opened = open_to_append(with.path);
    if (!opened) return opened.error();
    return std::unique_ptr<access_log>(new access_log(std::move(with), *opened));
}

access_log::access_log(settings with, int descriptor)
    : settings_(std::move(with)),
      queue_(settings_.waiting_bytes_max),
      descriptor_(descriptor),
      is_pipe_(may_stand_still(descriptor)),
      thread_([this] { run(); }) {}

access_log::~access_log() {
    finish();
    ::close(descriptor_);
}

void access_log::finish() {
    if (!thread_.joinable()) return;
    give_up_at_ = std::chrono::steady_clock::now() + last_flush_max;
    queue_.finish();
    thread_.join();
}

void access_log::run() {
    std::string lines;
    for (bool goes_on = true; goes_on;) {
        goes_on = queue_.wait(settings_.pause);
        lines.clear();
        queue_.take(lines);
        if (lines.empty()) continue;
        const std::lock_guard lock(file_);
        write(lines);
    }
}

base::outcome<void> access_log::reopen(const std::string& path) {
    const auto opened = open_to_append(path);
    if (!opened) return opened.error();
    const std::lock_guard lock(file_);
    ::close(std::exchange(descriptor_, *opened));
    is_pipe_ = may_stand_still(descriptor_);
    is_mid_line_ = false;
    return {};
}

// What cannot be written is lost: to keep it would only move the loss to what comes later.
void access_log::write(std::string_view lines) {
    give_up_batch_at_ = std::min(std::chrono::steady_clock::now() + batch_time_max, give_up_at_.load());
    bool fails = is_mid_line_ && write_some("\n") != 1;
    while (!lines.empty() && !fails) {
        const auto done = write_some(lines);
        fails = done == 0;
        if (fails) break;
        written_.fetch_add(count_lines(lines.substr(0, done)), std::memory_order_relaxed);
        is_mid_line_ = lines[done - 1] != '\n';
        lines.remove_prefix(done);
    }
    if (!lines.empty()) lost_.fetch_add(count_lines(lines), std::memory_order_relaxed);
    note_outcome(lines.empty());
}

// A pipe takes this much without standing still once it has said that it has room.
bool access_log::await_room() {
    if (!is_pipe_) return true;
    for (pollfd room{descriptor_, POLLOUT, 0}; std::chrono::steady_clock::now() < give_up_batch_at_;) {
        const int ready = ::poll(&room, 1, poll_ms);
        if (ready > 0 && (room.revents & POLLOUT) != 0) return true;
        if (ready > 0) return fail(EPIPE);
        if (ready < 0 && errno != EINTR) return fail(errno);
    }
    return fail(ETIMEDOUT);
}

bool access_log::fail(int why) {
    failure_ = why;
    return false;
}

// 0 if nothing could be written.
std::size_t access_log::write_some(std::string_view bytes) {
    const auto size = is_pipe_ ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
    while (await_room()) {
        const auto done = ::write(descriptor_, bytes.data(), size);
        if (done > 0) return static_cast<std::size_t>(done);
        const bool may_go_on = done < 0 && (errno == EINTR || (errno == EAGAIN && is_pipe_));
        if (!may_go_on) {
            (void)fail(done < 0 ? errno : EIO);
            return 0;
        }
    }
    return 0;
}

void access_log::note_outcome(bool is_written) {
    if (loses_ != is_written) return;
    loses_ = !is_written;
    if (!settings_.log) return;
    if (loses_)
        settings_.log(log_level::warning,
                      std::string("the access log cannot be written, and lines are lost: ") + std::strerror(failure_));
    else settings_.log(log_level::info, "the access log is written again");
}

}  // namespace carrel::telemetry
