#include "outbound/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>

namespace carrel::outbound {
namespace {

using base::failure;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_interval{10};

std::vector<char*> pointers(const std::string* first, const std::vector<std::string>& rest) {
    std::vector<char*> list;
    if (first != nullptr) list.push_back(const_cast<char*>(first->c_str()));
    for (const auto& each : rest) list.push_back(const_cast<char*>(each.c_str()));
    list.push_back(nullptr);
    return list;
}

// What posix_spawn is to do in the child, in front of the program.
class spawn_plan {
public:
    spawn_plan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
    }
    spawn_plan(const spawn_plan&) = delete;
    spawn_plan& operator=(const spawn_plan&) = delete;
    ~spawn_plan() {
        ::posix_spawnattr_destroy(&attributes_);
        ::posix_spawn_file_actions_destroy(&actions_);
    }

    int start(const child& what, int output, pid_t& pid) {
        sigset_t all, none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setpgroup(&attributes_, 0);  // a group of its own, to be killed as one
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        int rc = ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        if (rc == 0 && output < 0) rc = ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
        if (rc == 0 && output < 0)
            rc = ::posix_spawn_file_actions_addopen(&actions_, 2, what.error_path.c_str(),
                                                    O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (rc == 0 && output >= 0) rc = ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
        if (rc == 0 && output >= 0) rc = ::posix_spawn_file_actions_adddup2(&actions_, output, 2);
        if (rc == 0) rc = ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
        if (rc == 0) rc = ::posix_spawn_file_actions_addchdir_np(&actions_, what.directory.c_str());
        if (rc != 0) return rc;
        const auto arguments = pointers(&what.program, what.arguments);
        const auto environment = pointers(nullptr, what.environment);
        return ::posix_spawn(&pid, what.program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
    }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

// What a child says, read as it comes so that it never waits for us.
class captured_output {
public:
    explicit captured_output(const child& what)
        : what_(what) {
        if (what.output != nullptr && ::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) error_ = errno;
        // The child's end waits as any other would.
        if (ends_[1] >= 0) ::fcntl(ends_[1], F_SETFL, 0);
    }
    captured_output(const captured_output&) = delete;
    captured_output& operator=(const captured_output&) = delete;
    ~captured_output() {
        close_child_end();
        if (ends_[0] >= 0) ::close(ends_[0]);
    }

    int error() const noexcept { return error_; }
    int child_end() const noexcept { return ends_[1]; }
    void close_child_end() noexcept {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    // As much as is there, but no more than a child can say at a time: one that never ends must not keep us from looking at
    // the clock.
    void read_some() {
        char bytes[4096];
        for (int i = 0; ends_[0] >= 0 && i < reads_max; ++i) {
            const auto got = ::read(ends_[0], bytes, sizeof bytes);
            if (got <= 0) return;
            const auto room = what_.output_bytes_max - std::min(what_.output_bytes_max, what_.output->size());
            what_.output->append(bytes, std::min(room, static_cast<std::size_t>(got)));
        }
    }

private:
    static constexpr int reads_max = 64;
    const child& what_;
    int ends_[2] = {-1, -1};
    int error_ = 0;
};

// A child that was started; what is left of its group ends with this.
class running_child {
public:
    explicit running_child(pid_t pid) noexcept
        : pid_(pid) {}
    running_child(const running_child&) = delete;
    running_child& operator=(const running_child&) = delete;
    ~running_child() { end(); }

    // It stays a zombie until `end`, so that the number of its group is not given to another one.
    bool has_ended() const noexcept {
        siginfo_t about{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT) != 0 ||
               about.si_pid == pid_;
    }

    int end() noexcept {
        if (pid_ == 0) return status_;
        ::kill(-pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return status_;
    }

private:
    pid_t pid_;
    int status_ = 0;
};

}  // namespace

base::outcome<int> run(const child& what, steady_clock::time_point deadline, const std::stop_token& stop,
                       const std::function<std::string()>& fault) {
    pid_t pid = 0;
    captured_output output(what);
    int rc = output.error();
    if (rc == 0) rc = spawn_plan().start(what, output.child_end(), pid);
    if (rc != 0) return failure{what.program, " cannot be started: ", std::strerror(rc)};
    output.close_child_end();
    running_child started(pid);
    const struct rlimit bound { what.file_bytes_max, what.file_bytes_max };
    ::prlimit(pid, RLIMIT_FSIZE, &bound, nullptr);

    std::mutex guard;
    std::condition_variable_any never;
    std::unique_lock lock(guard);
    while (!started.has_ended()) {
        if (stop.stop_requested()) return failure{"cancelled"};
        if (steady_clock::now() >= deadline) return failure{what.program, " took too long and was ended"};
        if (auto text = fault(); !text.empty()) return failure{std::move(text)};
        output.read_some();
        never.wait_for(lock, stop, look_interval, [] { return false; });
    }
    const int status = started.end();
    output.read_some();
    return status;
}

}  // namespace carrel::outbound
