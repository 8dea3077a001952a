#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace carrel::cli {

/// Signals that must not end the program: a write to a closed pipe, and one beyond the limit of a file's size, fail with
/// an error instead.
void ignore_write_signals();

/// Waits for a signal that asks the program to end: SIGTERM, SIGINT, and every other one that would end it without a
/// drain. SIGHUP asks for a reload instead, and SIGUSR2 for an end after which the program is run again. Once this has ended, the
/// default actions are back, so that a second signal ends the program at once; only SIGHUP and SIGUSR2 are ignored then, also by the
/// program that is run until it waits itself.
class stop_signal {
public:
    /// Both run within `wait`. SIGUSR2 is passed over if `may_restart` says so.
    stop_signal(std::function<void()> reload, std::function<bool()> may_restart);
    ~stop_signal();
    /// The signal's number.
    int wait();

private:
    void await_end();
    void await_reload();

    boost::asio::io_context context_{1};
    boost::asio::signal_set ending_, reloading_;
    std::function<void()> reload_;
    std::function<bool()> may_restart_;
    int received_ = 0;
};

}  // namespace carrel::cli
