#include "outbound/transfer.hpp"

#include "outbound/timed_socket.hpp"
#include "outbound/trust.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <optional>

namespace carrel::outbound {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using base::failure;
using base::outcome;
using boost::system::error_code;
using time_point = std::chrono::steady_clock::time_point;

constexpr std::uint32_t header_bytes_max = 64 * 1024;
constexpr int interim_answers_max = 8;  // 1xx before the answer
constexpr unsigned switching_protocols = 101;

class connection {
public:
    connection(const step& message, const policy& rules, time_point deadline, const std::stop_token& stop)
        : message_(message),
          rules_(rules),
          peer_(deadline, stop) {}

    outcome<response> run(const addresses& where);

private:
    using parser = http::response_parser<http::string_body>;
    failure failed(std::string_view doing, const error_code& ec) const;
    outcome<void> connect(const addresses& where);
    outcome<void> shake_hands(ssl::stream<tcp::socket&>& stream);
    outcome<response> talk_tls();
    template <class Stream>
    outcome<response> talk(Stream& stream);
    template <class Stream>
    outcome<void> read(Stream& stream, std::optional<parser>& answer);
    http::request<http::string_body> made_request() const;

    const step& message_;
    const policy& rules_;
    timed_socket peer_;
};

failure connection::failed(std::string_view doing, const error_code& ec) const {
    if (peer_.is_stopped()) return {"cancelled"};
    const auto origin = message_.to.origin();
    if (ec == asio::error::timed_out) return {origin, " took too long: the time was over while ", std::string(doing)};
    if (ec == http::error::body_limit)
        return {"the answer of ", origin, " has more than ", std::to_string(rules_.body_bytes_max), " bytes"};
    if (ec == http::error::header_limit)
        return {"the header of the answer of ", origin, " has more than ", std::to_string(header_bytes_max), " bytes"};
    if (ec == http::error::partial_message || ec == http::error::end_of_stream || ec == asio::error::eof ||
        ec == ssl::error::stream_truncated || ec == asio::error::connection_reset)
        return {origin, " closed the connection before its answer was whole"};
    return {origin, " failed while ", std::string(doing), ": ", ec.message()};
}

outcome<void> connection::connect(const addresses& where) {
    if (const auto ec = peer_.connect(where, message_.to.port, rules_.connect_timeout)) return failed("connecting", ec);
    error_code ignored;
    peer_.socket().set_option(tcp::no_delay(true), ignored);
    return {};
}

http::request<http::string_body> connection::made_request() const {
    http::request<http::string_body> made;
    made.method_string(message_.method);
    made.target(message_.to.target);
    made.version(11);
    made.set(http::field::host, message_.to.authority());
    made.set(http::field::connection, "close");
    made.set(http::field::accept_encoding, "gzip");
    made.set(http::field::user_agent, "carrel");
    made.set(http::field::accept, "*/*");
    for (const auto& each : message_.fields) made.erase(each.name);
    for (const auto& each : message_.fields) made.insert(each.name, each.value);
    made.body() = message_.body;
    made.prepare_payload();
    return made;
}

template <class Stream>
outcome<void> connection::read(Stream& stream, std::optional<parser>& answer) {
    boost::beast::flat_buffer buffer;
    for (int interim = 0; interim <= interim_answers_max; ++interim) {
        answer.emplace();
        answer->body_limit(rules_.body_bytes_max);
        answer->header_limit(header_bytes_max);
        answer->skip(message_.method == "HEAD");
        const auto ec = peer_.wait([&](auto done) { http::async_read(stream, buffer, *answer, std::move(done)); });
        if (ec) return failed("reading its answer", ec);
        const auto status = answer->get().result_int();
        if (status >= 200 || status == switching_protocols) return {};
    }
    return failure{message_.to.origin(), " sent nothing but interim answers"};
}

template <class Stream>
outcome<response> connection::talk(Stream& stream) {
    auto made = made_request();
    if (rules_.on_sending) rules_.on_sending();
    const auto sent = peer_.wait([&](auto done) { http::async_write(stream, made, std::move(done)); });
    if (sent && !peer_.socket().is_open()) return failed("sending the request", sent);
    // A server that refuses a body answers and closes; the answer counts, not that sending failed.
    std::optional<parser> answer;
    if (auto done = read(stream, answer); !done)
        return sent && !peer_.is_stopped() ? failed("sending the request", sent) : done.error();
    response result;
    auto message = answer->release();
    result.status = message.result_int();
    for (const auto& each : message) {
        std::string name(each.name_string());
        for (auto& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        result.fields.push_back({std::move(name), std::string(each.value())});
    }
    result.body = std::move(message.body());
    return result;
}

outcome<void> connection::shake_hands(ssl::stream<tcp::socket&>& stream) {
    if (!expect_peer(stream.native_handle(), message_.to.host))
        return failure{"TLS cannot be set up for the host of ", message_.to.origin()};
    const auto ec = peer_.wait([&](auto done) { stream.async_handshake(ssl::stream_base::client, std::move(done)); });
    if (!ec) return {};
    if (const char* why = refusal_of(stream.native_handle(), ec))
        return failure{"the certificate of ", message_.to.origin(), " is not accepted: ", why};
    return failed("agreeing on TLS", ec);
}

outcome<response> connection::talk_tls() {
    ssl::context trust(ssl::context::tls_client);
    if (auto trusted = set_up_trust(trust, rules_); !trusted) return trusted.error();
    ssl::stream<tcp::socket&> stream(peer_.socket(), trust);
    if (auto agreed = shake_hands(stream); !agreed) return agreed.error();
    return talk(stream);
}

outcome<response> connection::run(const addresses& where) {
    if (auto connected = connect(where); !connected) return connected.error();
    return message_.to.is_tls ? talk_tls() : talk(peer_.socket());
}

}  // namespace

outcome<response> transfer(const step& message, const addresses& where, const policy& rules, time_point deadline,
                           const std::stop_token& stop) {
    return connection(message, rules, deadline, stop).run(where);
}

}  // namespace carrel::outbound
