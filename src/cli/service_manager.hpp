#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// What the program that started this one (systemd, another service manager, or an earlier run of this program) has left in
/// the environment: a socket for notifications, a watchdog's interval, and sockets that listen already. The protocols are
/// those of sd_notify(3) and sd_listen_fds(3).
class service_manager {
public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and LISTEN_FDS, and takes them out of the environment, so that no child inherits
    /// them. Before there are threads.
    service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;
    ~service_manager();

    /// What is wrong with it, in one clause; empty if nothing is.
    const std::string& fault() const noexcept { return fault_; }
    /// Descriptors that were passed, from 3 on; empty if none were.
    const std::vector<int>& sockets() const noexcept { return sockets_; }
    /// How often the watchdog wants to hear; 0: there is none.
    std::chrono::microseconds watchdog_time() const noexcept { return watchdog_time_; }

    /// Sends lines such as `READY=1`, if anybody listens. Any thread; waits for 5 s at most.
    void tell(std::string_view state) const noexcept;
    /// What a reload, or a restart in place, begins with.
    void tell_reloading(std::string_view status) const noexcept;

    /// Replaces this program by the one that `arguments` name, the program's own name first, in the same process: with the
    /// same service manager, and with `sockets`, which are all that stays open. Returns the reason only if that fails.
    int run_again(const std::vector<int>& sockets, char** arguments) const noexcept;

private:
    void read_notify_socket();
    void read_watchdog();
    void read_sockets();

    std::string fault_, address_;
    std::vector<int> sockets_;
    std::chrono::microseconds watchdog_time_{0};
    int notify_ = -1;
};

}  // namespace carrel::cli
