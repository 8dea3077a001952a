#include "cli/signals.hpp"

#include <csignal>

namespace carrel::cli {

namespace {

// With the last set that has a signal Asio brings back its default action. These two stay in one, so that there is no moment in
// which they would end the program.
void keep_registered() {
    static boost::asio::io_context context{1};
    static boost::asio::signal_set kept(context, SIGHUP, SIGUSR2);
}

}  // namespace

void ignore_write_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

stop_signal::stop_signal(std::function<void()> reload, std::function<bool()> may_restart)
    : ending_(context_),
      reloading_(context_, SIGHUP),
      reload_(std::move(reload)),
      may_restart_(std::move(may_restart)) {
    keep_registered();
    for (const int each :
         {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGPWR, SIGSTKFLT})
        ending_.add(each);
    await_end();
    await_reload();
}

stop_signal::~stop_signal() {
    reloading_.clear();
    ending_.clear();
    for (const int each : {SIGHUP, SIGUSR2}) std::signal(each, SIG_IGN);
}

void stop_signal::await_end() {
    ending_.async_wait([this](boost::system::error_code ec, int number) {
        if (ec) return;
        if (number == SIGUSR2 && !may_restart_()) return await_end();
        received_ = number;
        reloading_.cancel();
    });
}

void stop_signal::await_reload() {
    reloading_.async_wait([this](boost::system::error_code ec, int) {
        if (ec) return;
        reload_();
        await_reload();
    });
}

int stop_signal::wait() {
    context_.run();
    return received_;
}

}  // namespace carrel::cli
