#include "cli/listen_address.hpp"

#include <boost/asio/io_context.hpp>

#include <charconv>
#include <string>

namespace carrel::cli {

namespace asio = boost::asio;

std::optional<asio::ip::tcp::endpoint> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string host(text.substr(0, colon));
    const auto digits = text.substr(colon + 1);

    std::uint16_t port = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (wrong != std::errc() || end != digits.data() + digits.size()) return std::nullopt;

    if (host == "localhost") host = "127.0.0.1";
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (ec || address.is_v6() != bracketed) return std::nullopt;
    return asio::ip::tcp::endpoint(address, port);
}

std::vector<syslog::endpoint> parse_syslog_address(std::string_view text) {
    std::vector<syslog::transport> wanted = {syslog::transport::udp, syslog::transport::tcp};
    const auto mark = text.find("://");
    if (mark != std::string_view::npos) {
        const auto name = text.substr(0, mark);
        if (name != "udp" && name != "tcp") return {};
        wanted = {name == "udp" ? syslog::transport::udp : syslog::transport::tcp};
        text.remove_prefix(mark + 3);
    }
    const auto at = parse_listen_address(text);
    std::vector<syslog::endpoint> all;
    for (const auto transport : wanted)
        if (at) all.push_back({transport, at->address(), at->port()});
    return all;
}

boost::system::error_code try_listening(const asio::ip::tcp::endpoint& there) {
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context);
    boost::system::error_code ec;
    if (acceptor.open(there.protocol(), ec)) return ec;
    if (acceptor.set_option(asio::socket_base::reuse_address(true), ec)) return ec;
    if (acceptor.bind(there, ec)) return ec;
    acceptor.listen(1, ec);
    return ec;
}

}  // namespace carrel::cli
