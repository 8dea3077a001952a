#include "outbound/smtp.hpp"

#include "base/base64url.hpp"
#include "outbound/lookup.hpp"
#include "outbound/timed_socket.hpp"
#include "outbound/trust.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <optional>

namespace carrel::outbound {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using base::failure;
using base::outcome;
using boost::system::error_code;

constexpr std::size_t line_bytes_max = 4096;
constexpr int lines_max = 100;  // of one answer

// One dialogue with a mail server, in clear text and then, maybe, by TLS.
class dialogue {
public:
    dialogue(const mail_probe& what, std::optional<std::string_view> message, const policy& rules,
             const std::stop_token& stop)
        : what_(what),
          message_(message),
          rules_(rules),
          deadline_(std::chrono::steady_clock::now() + rules.deadline),
          peer_(deadline_, stop) {}

    outcome<mail_verdict> run(const std::stop_token& stop);

private:
    failure failed(std::string_view doing, const error_code& ec) const;
    outcome<void> connect(const addresses& where);
    outcome<void> shake_hands();
    outcome<int> answer(std::string_view to);
    outcome<int> say(const std::string& line, std::string_view name);
    outcome<void> greet();
    outcome<mail_verdict> ask();
    outcome<mail_verdict> send_message();

    std::string origin() const { return what_.host + ":" + std::to_string(what_.port); }

    const mail_probe& what_;
    const std::optional<std::string_view> message_;  // none: it only asks
    const policy& rules_;
    const std::chrono::steady_clock::time_point deadline_;
    timed_socket peer_;
    std::optional<ssl::context> trust_;
    std::optional<ssl::stream<tcp::socket&>> tls_;
    std::string received_;
};

failure dialogue::failed(std::string_view doing, const error_code& ec) const {
    if (peer_.is_stopped()) return {"cancelled"};
    if (ec == asio::error::timed_out) return {origin(), " took too long: the time was over while ", std::string(doing)};
    if (ec == asio::error::eof || ec == asio::error::connection_reset)
        return {origin(), " closed the connection while ", std::string(doing)};
    if (ec == asio::error::not_found) return {"an answer of ", origin(), " is no SMTP"};
    return {origin(), " failed while ", std::string(doing), ": ", ec.message()};
}

outcome<void> dialogue::connect(const addresses& where) {
    const auto ec = peer_.connect(where, what_.port, rules_.connect_timeout);
    if (ec) return failed("connecting", ec);
    return {};
}

outcome<void> dialogue::shake_hands() {
    trust_.emplace(ssl::context::tls_client);
    if (auto trusted = set_up_trust(*trust_, rules_); !trusted) return trusted.error();
    received_.clear();  // what came in clear text before TLS began is nobody's
    tls_.emplace(peer_.socket(), *trust_);
    if (!expect_peer(tls_->native_handle(), what_.host)) return failure{"TLS cannot be set up for ", origin()};
    const auto ec = peer_.wait([&](auto done) { tls_->async_handshake(ssl::stream_base::client, std::move(done)); });
    if (ec)
        if (const char* why = refusal_of(tls_->native_handle(), ec))
            return failure{"the certificate of ", origin(), " is not accepted: ", why};
    if (ec) return failed("agreeing on TLS", ec);
    return {};
}

// The status of an answer, which may have more than one line.
outcome<int> dialogue::answer(std::string_view to) {
    for (int i = 0; i < lines_max; ++i) {
        auto buffer = asio::dynamic_buffer(received_, line_bytes_max);
        const auto ec = peer_.wait([&](auto done) {
            if (tls_) asio::async_read_until(*tls_, buffer, '\n', std::move(done));
            else asio::async_read_until(peer_.socket(), buffer, '\n', std::move(done));
        });
        if (ec) return failed(to, ec);
        const auto end = received_.find('\n');
        const std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        const auto is_digit = [&](std::size_t at) { return at < line.size() && line[at] >= '0' && line[at] <= '9'; };
        if (!is_digit(0) || !is_digit(1) || !is_digit(2)) return failure{"an answer of ", origin(), " is no SMTP"};
        if (line.size() < 4 || line[3] != '-') return (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
    }
    return failure{"an answer of ", origin(), " has more than ", std::to_string(lines_max), " lines"};
}

outcome<int> dialogue::say(const std::string& line, std::string_view name) {
    const std::string text = line + "\r\n", doing = "sending " + std::string(name);
    const auto ec = peer_.wait([&](auto done) {
        if (tls_) asio::async_write(*tls_, asio::buffer(text), std::move(done));
        else asio::async_write(peer_.socket(), asio::buffer(text), std::move(done));
    });
    if (ec) return failed(doing, ec);
    return answer("waiting for the answer to " + std::string(name));
}

outcome<void> dialogue::greet() {
    auto status = say("EHLO carrel.invalid", "EHLO");
    if (!status) return status.error();
    if (*status != 250) return failure{origin(), " answered EHLO with ", std::to_string(*status)};
    return {};
}

outcome<mail_verdict> dialogue::ask() {
    const auto refused = [](std::string_view name, int status) {
        return mail_verdict{false, status, "the answer to " + std::string(name) + " was " + std::to_string(status)};
    };
    if (!what_.user.empty()) {
        if (!tls_) return failure{"a password is sent by TLS only: `tls` must be starttls or tls"};
        const std::string plain = std::string(1, '\0') + what_.user + std::string(1, '\0') + what_.password;
        auto status = say("AUTH PLAIN " + siem::to_base64(plain), "AUTH");
        if (!status) return status.error();
        if (*status != 235) return refused("AUTH", *status);
    }
    auto status = say("MAIL FROM:<" + what_.from + ">", "MAIL");
    if (!status) return status.error();
    if (*status != 250) return refused("MAIL", *status);
    for (const std::string& to : what_.to) {
        status = say("RCPT TO:<" + to + ">", "RCPT");
        if (!status) return status.error();
        if (*status != 250 && *status != 251) return refused("RCPT", *status);
    }
    if (message_) return send_message();
    const mail_verdict accepted{true, *status, "the server takes mail from this sender to these receivers"};
    // Whatever comes of these two, the answer is there.
    if (say("RSET", "RSET")) static_cast<void>(say("QUIT", "QUIT"));
    return accepted;
}

// A line that begins with a dot gets another one, for a dot alone ends the message.
std::string with_dots(std::string_view message) {
    std::string out;
    bool is_line_begin = true;
    for (const char c : message) {
        if (is_line_begin && c == '.') out += '.';
        out += c;
        is_line_begin = c == '\n';
    }
    if (!out.ends_with("\r\n")) out += "\r\n";
    return out;
}

outcome<mail_verdict> dialogue::send_message() {
    auto status = say("DATA", "DATA");
    if (!status) return status.error();
    if (*status != 354) return mail_verdict{false, *status, "the answer to DATA was " + std::to_string(*status)};
    if (rules_.on_sending) rules_.on_sending();
    status = say(with_dots(*message_) + ".", "the message");
    if (!status) return status.error();
    if (*status != 250) return mail_verdict{false, *status, "the answer to the message was " + std::to_string(*status)};
    static_cast<void>(say("QUIT", "QUIT"));  // the mail is theirs, whatever comes of it
    return mail_verdict{true, *status, "the server has taken the mail"};
}

outcome<mail_verdict> dialogue::run(const std::stop_token& stop) {
    const url to{.is_tls = what_.tls == mail_tls::whole, .host = what_.host, .port = what_.port, .target = "/"};
    const auto where = look_up(to, rules_, deadline_, stop);
    if (!where) return where.error();
    if (auto connected = connect(*where); !connected) return connected.error();
    if (what_.tls == mail_tls::whole)
        if (auto agreed = shake_hands(); !agreed) return agreed.error();
    auto status = answer("waiting for the greeting");
    if (!status) return status.error();
    if (*status != 220) return failure{origin(), " greeted with ", std::to_string(*status)};
    if (auto greeted = greet(); !greeted) return greeted.error();
    if (what_.tls == mail_tls::begun) {
        status = say("STARTTLS", "STARTTLS");
        if (!status) return status.error();
        if (*status != 220) return failure{origin(), " answered STARTTLS with ", std::to_string(*status)};
        if (auto agreed = shake_hands(); !agreed) return agreed.error();
        if (auto greeted = greet(); !greeted) return greeted.error();
    }
    return ask();
}

outcome<mail_verdict> talk(const mail_probe& what, std::optional<std::string_view> message, const policy& rules,
                           const std::stop_token& stop) noexcept try {
    return dialogue(what, message, rules, stop).run(stop);
} catch (const std::bad_alloc&) {
    return failure{"there is not enough memory for the request"};
} catch (const std::exception&) {
    return failure{"the request could not be made: the system refused what it takes"};
}

}  // namespace

outcome<mail_verdict> probe_mail(const mail_probe& what, const policy& rules, std::stop_token stop) noexcept {
    return talk(what, std::nullopt, rules, stop);
}

outcome<mail_verdict> send_mail(const mail_probe& what, std::string_view message, const policy& rules,
                                std::stop_token stop) noexcept {
    return talk(what, message, rules, stop);
}

}  // namespace carrel::outbound
