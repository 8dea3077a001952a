#include "syslog/server.hpp"

#include "syslog/receiver.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <pthread.h>
#include <signal.h>

#include <future>
#include <thread>

namespace carrel::syslog {

namespace {

constexpr std::chrono::seconds report_interval{10};

// Signals are for the thread that waits for them.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

std::string authority(const boost::asio::ip::address& address, std::uint16_t port) {
    const std::string host = address.to_string();
    return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct server::state {
    state(database& of, server_options given)
        : options(std::move(given)),
          store(io, of, {.log = options.log, .mappings = options.mappings, .format = nullptr}, counted),
          context{.io = io,
                  .store = store,
                  .counted = counted,
                  .message_bytes_max = options.message_bytes_max,
                  .connections_max = options.connections_max,
                  .log = options.log},
          report_timer(io) {
        store.on_room = [this] {
            for (auto& each : receivers) each->go_on();
        };
    }

    server_options options;
    counts counted;
    boost::asio::io_context io{1};
    message_store store;
    receiver_context context;
    std::vector<std::unique_ptr<receiver>> receivers;
    boost::asio::steady_timer report_timer;
    std::uint64_t drops_logged = 0, losses_logged = 0;
    std::promise<void> drained;
    std::thread thread;

    // Drops, one line for all of an interval.
    void report() {
        const auto drops = counted.dropped.load(std::memory_order_relaxed);
        if (drops != drops_logged && options.log)
            options.log(log_level::warning, "syslog: " + std::to_string(drops - drops_logged) +
                                                " messages were dropped, since the writer is behind");
        drops_logged = drops;
        const auto losses = counted.lost.load(std::memory_order_relaxed);
        if (losses != losses_logged && options.log)
            options.log(log_level::warning,
                        "syslog: the system dropped " + std::to_string(losses - losses_logged) +
                            " datagrams, since its receive buffer was full; net.core.rmem_max bounds it");
        losses_logged = losses;
    }
    void report_later() {
        report_timer.expires_after(report_interval);
        report_timer.async_wait([this](const error_code& ec) {
            if (ec) return;
            for (auto& each : receivers) each->keep_up();
            report();
            report_later();
        });
    }
    void drain() {
        report_timer.cancel();
        for (auto& each : receivers) each->drain();
        // Behind the handlers of what was accepted just before.
        boost::asio::post(io, [this] { store.finish([this] { drained.set_value(); }); });
    }
};

server::server(std::unique_ptr<state> made) noexcept
    : state_(std::move(made)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&& other) noexcept {
    if (state_) stop(std::chrono::milliseconds(0));
    state_ = std::move(other.state_);
    return *this;
}
server::~server() {
    if (state_) stop(std::chrono::milliseconds(0));
}

result<server> server::listen(database& store, server_options options) {
    auto made = std::make_unique<state>(store, std::move(options));
    for (const endpoint& each : made->options.endpoints) {
        try {
            made->receivers.push_back(each.protocol == transport::udp ? make_udp_receiver(made->context, each)
                                                                      : make_tcp_receiver(made->context, each));
        } catch (const boost::system::system_error& failure) {
            return error(failure.code(), std::string("cannot listen on ") +
                                             (each.protocol == transport::udp ? "udp://" : "tcp://") +
                                             authority(each.address, each.port));
        }
    }
    return server(std::move(made));
}

std::vector<std::string> server::urls() const {
    std::vector<std::string> all;
    for (const auto& each : state_->receivers) all.push_back(each->url());
    return all;
}

const counts& server::counted() const noexcept { return state_->counted; }

void server::run() {
    for (auto& each : state_->receivers) each->start();
    state_->report_later();
    state_->thread = std::thread([io = &state_->io] {
        block_signals();
        pthread_setname_np(pthread_self(), "carrel-syslog");
        const auto keep = boost::asio::make_work_guard(*io);
        io->run();
    });
}

bool server::stop(std::chrono::milliseconds deadline) {
    if (!state_->thread.joinable()) return true;
    auto drained = state_->drained.get_future();
    boost::asio::post(state_->io, [state = state_.get()] { state->drain(); });
    bool is_whole = true;
    if (drained.wait_for(deadline) != std::future_status::ready) {
        const auto before = state_->counted.dropped.load();
        boost::asio::post(state_->io, [state = state_.get()] { state->store.give_up(); });
        drained.wait();
        is_whole = state_->counted.dropped == before;
    }
    boost::asio::post(state_->io, [state = state_.get()] {
        state->report();
        state->io.stop();
    });
    state_->thread.join();
    return is_whole;
}

}  // namespace carrel::syslog
