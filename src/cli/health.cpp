#include "cli/http_client.hpp"
#include "cli/options.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <iostream>

// carrel health: what a container's or a cluster's probe runs, where there may be no other program to ask with.
namespace carrel::cli {
namespace {

constexpr std::chrono::seconds answer_time_max{5};

// Where this machine itself reaches a server with these settings.
http_url url_of(const serve_settings& settings) {
    const auto address = boost::asio::ip::make_address(settings.front.address);
    http_url made;
    if (!address.is_unspecified()) made.host = address.to_string();
    else made.host = address.is_v6() ? "::1" : "127.0.0.1";
    if (address.is_v6()) made.host = "[" + made.host + "]";
    made.port = std::to_string(settings.front.port);
    made.is_tls = !settings.tls.certificate_file.empty();
    // Its names are those that others know it by. Nothing secret is sent, and nobody is on the way.
    made.is_verified = false;
    return made;
}

}  // namespace

int health(std::span<char*> arguments) {
    auto parsed =
        parse_serve(arguments, "health",
                    "Asks the server on this machine, by the flags, variables and file that it was started with, "
                    "whether it is ready.");
    if (const int* ended = std::get_if<int>(&parsed)) return *ended;
    const auto& settings = std::get<serve_settings>(parsed);
    if (settings.front.port == 0) return unusable("health: --listen: port 0 names no server");
    const auto server = url_of(settings);
    http_client client(server, answer_time_max);
    const auto reply = client.get("/health/ready", {{"Connection", "close"}});
    if (!reply) return unusable("health: " + reply.error().message(), exit_network);
    std::cout << reply->body << std::endl;
    return reply->status == 200 ? exit_done : exit_failed;
}

}  // namespace carrel::cli
