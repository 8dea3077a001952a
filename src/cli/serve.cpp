#include "cli/command.hpp"
#include "cli/listen_address.hpp"
#include "cli/log.hpp"
#include "cli/options.hpp"
#include "http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>

namespace carrel::cli {
namespace {

namespace asio = boost::asio;

// Waits for SIGTERM or SIGINT. Once it has ended, the default action is back: a second signal ends the program at once.
class stop_signal {
public:
    stop_signal()
        : signals_(context_, SIGTERM, SIGINT) {
        signals_.async_wait([](boost::system::error_code, int) {});
    }
    void wait() { context_.run(); }

private:
    asio::io_context context_{1};
    asio::signal_set signals_;
};

// In the order that design.md section 7 gives: sockets first, then what they were promised, then the file.
int stop(http::server& server, database& store, std::chrono::milliseconds patience) {
    log(log_level::info, "stopping");
    if (!server.stop(patience)) log(log_level::warning, "connections were cut at the end of the drain");
    if (auto stopped = store.stop(); !stopped) {
        log(log_level::error, "the end was not clean: " + stopped.error().message());
        return exit_failed;
    }
    log(log_level::info, "stopped");
    return exit_done;
}

int serve(serve_settings settings) {
    // Asked before the database is opened, since nothing may be created when the port is taken.
    const asio::ip::tcp::endpoint there(asio::ip::make_address(settings.front.address), settings.front.port);
    if (auto ec = try_listening(there))
        return unusable("serve: cannot listen on " + settings.front.address + ":" + std::to_string(there.port()) +
                        ": " + ec.message());

    auto signals = std::make_optional<stop_signal>();
    std::signal(SIGPIPE, SIG_IGN);
    start_log(settings.log_format, settings.log_level);
    settings.store.log = settings.front.log = make_log_sink();
    settings.front.version = CARREL_VERSION;

    auto store = database::open(settings.store);
    if (!store) return unusable("serve: " + explain(store.error(), settings.store.path));
    auto server = http::server::listen(*store, settings.front);
    if (!server) return unusable("serve: " + server.error().message());
    if (settings.front.insecure && !there.address().is_loopback())
        log(log_level::warning, "--insecure: anyone who reaches " + server->url() + " can read and write");
    if (auto running = server->run(); !running) return unusable("serve: " + running.error().message());

    std::cout << "listening on " << server->url() << std::endl;
    signals->wait();
    signals.reset();
    return stop(*server, *store, settings.drain_time_max);
}

}  // namespace

int serve(std::span<char*> arguments) {
    auto parsed = parse_serve(arguments);
    if (const int* ended = std::get_if<int>(&parsed)) return *ended;
    return serve(std::move(std::get<serve_settings>(parsed)));
}

}  // namespace carrel::cli
