#include "cli/http_client.hpp"

#include "cli/http_reply.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace carrel::cli {

namespace asio = boost::asio;
using asio::ip::tcp;

// Chunks are decoded from the beginning after each read, so few long reads cost less.
constexpr std::size_t read_bytes = 1u << 20;
constexpr std::chrono::seconds probe_time_max{5};

namespace {

// What a server says that was sent no handshake: a record of TLS, of any of its kinds and versions.
bool is_tls_record(std::string_view received) {
    return received.size() >= 3 && received[0] >= 0x14 && received[0] <= 0x17 && received[1] == 3 && received[2] <= 4;
}

// Others say so in HTTP, with 400 and in words of their own.
bool is_about_tls(const http_reply& reply) {
    if (reply.status != 400) return false;
    std::string words = reply.body;
    std::ranges::transform(words, words.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return words.find("https") != words.npos || words.find("tls") != words.npos || words.find("ssl") != words.npos;
}

}  // namespace

struct http_client::state {
    http_url server;
    std::chrono::seconds timeout;
    asio::io_context context{1};
    std::optional<tcp::socket> socket;
    std::optional<asio::ssl::context> trust;
    std::optional<asio::ssl::stream<tcp::socket&>> secure;  // over the socket, with https
    std::string received;                                   // of the reply, not yet consumed
    bool has_connected = false;
    bool is_known = false;   // whether it speaks TLS
    bool wants_tls = false;  // it does, where the URL does not

    result<http_reply> send(std::string_view method, std::string_view path, const header_list& headers,
                            std::string_view body);
    error_code connect();
    error_code connect_socket();
    error_code prepare_trust();
    error_code start_tls();
    bool may_want_tls(const result<http_reply>& first);
    bool speaks_tls() const;
    error tls_wanted() const;
    void disconnect();
    template <class Use>
    void with_stream(Use use) {
        if (secure) use(*secure);
        else use(*socket);
    }
    std::string_view plain_host() const;
    std::string why_untrusted();
    error_code read_more();
    result<http_reply> exchange(const std::string& head, std::string_view body);
    result<http_reply> read_reply();
    error_code run();

    // Written by the handlers of one request.
    error_code ec;
    bool is_done = false;
};

http_client::http_client(http_url server, std::chrono::seconds timeout)
    : state_(std::make_unique<state>()) {
    state_->server = std::move(server);
    state_->timeout = timeout;
}

http_client::~http_client() = default;

bool http_client::has_connected() const noexcept { return state_->has_connected; }

result<http_reply> http_client::post(std::string_view path, const header_list& headers, std::string_view body) {
    return state_->send("POST", path, headers, body);
}

result<http_reply> http_client::get(std::string_view path, const header_list& headers) {
    return state_->send("GET", path, headers, {});
}

result<http_reply> http_client::state::send(std::string_view method, std::string_view path, const header_list& headers,
                                            std::string_view body) {
    if (wants_tls) return tls_wanted();
    std::string head(method);
    head.append(" ").append(server.base).append(path).append(" HTTP/1.1\r\nHost: ").append(server.authority());
    head += "\r\n";
    if (method != "GET") head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (!server.token.empty()) head += "Authorization: Bearer " + server.token + "\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    head += "\r\n";

    if (!socket)
        if (auto failed = connect()) {
            const auto why = why_untrusted();
            disconnect();
            return error(failed, "connecting to " + server.authority() + why);
        }
    auto reply = exchange(head, body);
    const bool is_doubtful = may_want_tls(reply);
    if (is_doubtful || !reply || reply->header("connection") == "close") disconnect();
    if (is_doubtful && speaks_tls()) {
        has_connected = false;
        wants_tls = true;
        return tls_wanted();
    }
    return reply;
}

void http_client::state::disconnect() {
    secure.reset();
    socket.reset();
}

// Without the brackets of an address.
std::string_view http_client::state::plain_host() const {
    const std::string_view host = server.host;
    return host.size() > 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

// What OpenSSL has against the server's certificate; empty if nothing.
std::string http_client::state::why_untrusted() {
    if (!secure) return {};
    const long outcome = SSL_get_verify_result(secure->native_handle());
    return outcome == X509_V_OK ? "" : std::string(": ") + X509_verify_cert_error_string(outcome);
}

// Runs what was started until it is done or the time is over; what is left then is cancelled and reaped.
error_code http_client::state::run() {
    context.restart();
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!is_done && context.run_one_until(deadline) != 0) {
    }
    if (!is_done) {
        if (socket) socket->close(ec);
        context.restart();
        context.run();
        return asio::error::timed_out;
    }
    return ec;
}

error_code http_client::state::connect() {
    if (const auto failed = connect_socket()) return failed;
    if (server.is_tls)
        if (const auto failed = start_tls()) return failed;
    has_connected = true;
    return {};
}

error_code http_client::state::connect_socket() {
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(plain_host(), server.port, ec);
    if (ec) return ec;
    socket.emplace(context);
    received.clear();
    is_done = false;
    asio::async_connect(*socket, found, [this](error_code outcome, const tcp::endpoint&) {
        ec = outcome;
        is_done = true;
    });
    const auto outcome = run();
    if (!outcome) socket->set_option(tcp::no_delay(true), ec);
    return outcome;
}

error_code http_client::state::prepare_trust() {
    if (trust) return {};
    trust.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(trust->native_handle(), TLS1_2_VERSION);
    trust->set_verify_mode(server.is_verified ? asio::ssl::verify_peer : asio::ssl::verify_none, ec);
    if (server.ca_file.empty()) trust->set_default_verify_paths(ec);
    else trust->load_verify_file(server.ca_file, ec);
    if (ec) trust.reset();
    return ec;
}

error_code http_client::state::start_tls() {
    if (const auto failed = prepare_trust()) return failed;
    const std::string host(plain_host());
    secure.emplace(*socket, *trust);
    auto* session = secure->native_handle();
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) != 1) {
        SSL_set1_host(session, host.c_str());
        SSL_set_tlsext_host_name(session, host.c_str());
    }
    is_done = false;
    secure->async_handshake(asio::ssl::stream_base::client, [this](error_code outcome) {
        ec = outcome;
        is_done = true;
    });
    return run();
}

// Or it ends the connection without a word.
bool http_client::state::may_want_tls(const result<http_reply>& first) {
    if (server.is_tls || std::exchange(is_known, true)) return false;
    if (first) return is_about_tls(*first);
    return is_tls_record(received) || (received.empty() && first.error().code() != asio::error::timed_out);
}

// Seen by a handshake, whoever the server is.
bool http_client::state::speaks_tls() const {
    state probe;
    probe.server = server;
    probe.server.is_tls = true;
    probe.server.is_verified = false;
    probe.timeout = probe_time_max;
    return !probe.connect();
}

error http_client::state::tls_wanted() const {
    return {error_code(EPROTO, boost::system::generic_category()),
            server.authority() + " speaks TLS: its URL is https://" + server.authority() + server.base};
}

error_code http_client::state::read_more() {
    is_done = false;
    const auto before = received.size();
    received.resize(before + read_bytes);
    with_stream([&](auto& stream) {
        stream.async_read_some(asio::buffer(received.data() + before, read_bytes),
                               [this, before](error_code outcome, std::size_t got) {
                                   received.resize(before + got);
                                   ec = outcome;
                                   is_done = true;
                               });
    });
    return run();
}

result<http_reply> http_client::state::exchange(const std::string& head, std::string_view body) {
    const std::array parts{asio::buffer(head), asio::buffer(body.data(), body.size())};
    bool is_sent = false;
    // Its failure says nothing by itself: a server that refuses a body answers and closes, and the answer is what counts.
    with_stream([&](auto& stream) {
        asio::async_write(stream, parts, [&is_sent](error_code, std::size_t) { is_sent = true; });
    });
    auto reply = read_reply();
    if (!is_sent && socket) {
        error_code ignored;
        socket->close(ignored);
        context.restart();
        context.run();
        disconnect();
    }
    return reply;
}

result<http_reply> http_client::state::read_reply() {
    reply_parser parser;
    for (;;) {
        if (auto done = parser.parse(received)) return std::move(*done);
        if (parser.is_broken())
            return error(asio::error::make_error_code(asio::error::invalid_argument), "the reply is not HTTP");
        if (const auto outcome = read_more()) {
            if (outcome == asio::error::eof)
                if (auto done = parser.parse_end(received)) return std::move(*done);
            return error(outcome, "waiting for " + server.authority());
        }
    }
}

}  // namespace carrel::cli
