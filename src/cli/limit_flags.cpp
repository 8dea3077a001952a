#include "cli/limit_flags.hpp"

#include "cli/host_flag.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <functional>

namespace carrel::cli {
namespace {

struct bound {
    const char* flag;
    std::uint64_t low, high;
    std::uint64_t standard;  // in the flag's unit
    std::function<void(std::uint64_t)> set;
    const char* what;
};

}  // namespace

void add_limit_flags(CLI::App& app, http::limits& limits) {
    constexpr std::uint64_t mi = 1 << 20;
    const auto number = [](std::size_t& to) { return [&to](std::uint64_t value) { to = value; }; };
    const auto mib = [](auto& to) { return [&to](std::uint64_t value) { to = value << 20; }; };
    const auto ms = [](std::chrono::milliseconds& to) {
        return [&to](std::uint64_t value) { to = std::chrono::milliseconds(value); };
    };
    const auto time_of = [](std::chrono::milliseconds time) { return static_cast<std::uint64_t>(time.count()); };
    const bound bounds[] = {
        {"--connections-max", 0, mi, limits.connections_max, number(limits.connections_max),
         "open sockets; 0: as many as open files allow, to 16384"},
        {"--connections-per-address-max", 0, mi, limits.connections_per_address_max,
         number(limits.connections_per_address_max), "of them from one address; 0: a quarter, loopback any number"},
        {"--address-rate", 0, mi, limits.address_rate, number(limits.address_rate),
         "requests a second from one address but loopback; beyond it 429; 0: any number"},
        {"--address-burst", 0, mi, limits.address_burst, number(limits.address_burst),
         "of them at once; 0: twice the rate"},
        {"--principal-rate", 0, mi, limits.principal_rate, number(limits.principal_rate),
         "requests a second of one user, tokens included, from anywhere; beyond it 429; 0: any number"},
        {"--principal-burst", 0, mi, limits.principal_burst, number(limits.principal_burst),
         "of them at once; 0: twice the rate"},
        {"--turned-away-max", 1, 65'536, limits.turned_away_max, number(limits.turned_away_max),
         "connections over a limit that are answered 503 or 429 at a time"},
        {"--intake-mib-max", 1, mi, limits.intake_bytes_max >> 20, mib(limits.intake_bytes_max),
         "bodies in flight over all connections; beyond it 503"},
        {"--evidence-mib-max", 1, 4096, limits.upload_bytes_max >> 20, mib(limits.upload_bytes_max),
         "one file of evidence; beyond it 413"},
        {"--unsent-mib-max", 1, mi, limits.unsent_bytes_max >> 20, mib(limits.unsent_bytes_max),
         "responses that clients have not taken; beyond it long reads are 503"},
        {"--disk-reserve-mib", 0, mi, limits.disk_reserve_bytes >> 20, mib(limits.disk_reserve_bytes),
         "free space below which events and files are 507"},
        {"--disk-reserve-percent-max", 0, 100, limits.disk_reserve_percent_max,
         [&limits](std::uint64_t value) { limits.disk_reserve_percent_max = static_cast<unsigned>(value); },
         "but no more than this part of the disk"},
        {"--events-max", 1, 1'000 * mi, limits.events_max, number(limits.events_max), "events of one request"},
        {"--event-store-mib-max", 1, mi, limits.event_store_bytes_max >> 20, mib(limits.event_store_bytes_max),
         "about what the events of one request may take in the database"},
        {"--unpack-ratio-max", 1, 10'000, limits.unpack_ratio_max, number(limits.unpack_ratio_max),
         "unpacked to packed bytes of a gzip'd body, beyond the first MiB"},
        {"--body-progress-ms", 100, 3'600'000, time_of(limits.body_progress_max), ms(limits.body_progress_max),
         "longest pause within a body"},
        {"--drain-idle-ms", 0, 600'000, time_of(limits.drain_idle_time), ms(limits.drain_idle_time),
         "while stopping: how long idle connections may still send"},
    };
    for (const auto& each : bounds)
        app.add_option_function<std::uint64_t>(each.flag, each.set, each.what)
            ->check(CLI::Range(each.low, each.high))
            ->default_str(std::to_string(each.standard))
            ->group("Limits");
}

void add_access_flags(CLI::App& app, http::server_options& front) {
    app.add_option("--allow-host", front.allow_hosts, "another accepted Host, may be repeated")
        ->delimiter(',')
        ->transform(CLI::Validator(take_host, ""));
    app.add_option("--allow-origin", front.allow_origins,
                   "an origin, such as https://siem.example, whose pages may read and write; may be repeated")
        ->delimiter(',');
    app.add_option("--trusted-proxy", front.trusted_proxies,
                   "an address whose X-Forwarded-Proto and X-Forwarded-For are believed, may be repeated")
        ->delimiter(',');
    app.add_flag("--insecure", front.insecure,
                 "serve beyond loopback also without TLS and without users, and take syslog there");
}

std::string fault_in_access(const http::server_options& front) {
    for (const auto& origin : front.allow_origins) {
        const auto mark = origin.find("://");
        if (mark == origin.npos || mark == 0 || mark + 3 == origin.size() ||
            origin.find_first_of("/?#, ", mark + 3) != origin.npos)
            return "--allow-origin: '" + origin + "' is not SCHEME://HOST, such as https://siem.example";
    }
    for (const auto& proxy : front.trusted_proxies) {
        boost::system::error_code ec;
        boost::asio::ip::make_address(proxy, ec);
        if (ec) return "--trusted-proxy: '" + proxy + "' is not an IP address";
    }
    return {};
}

}  // namespace carrel::cli
