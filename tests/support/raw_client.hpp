#pragma once

#include <boost/json/parse.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace carrel::testing {

/// A response as it came over the wire.
struct wire_reply {
    int status = 0;
    std::string head;                           // status line and fields, without the empty line
    std::map<std::string, std::string> fields;  // names in lower case
    std::string body;

    bool has(const std::string& name) const { return fields.contains(name); }
    std::string field(const std::string& name) const { return has(name) ? fields.at(name) : std::string(); }
    boost::json::value json() const { return boost::json::parse(body); }
    std::string text(std::string_view pointer) const {
        return std::string(json().at_pointer({pointer.data(), pointer.size()}).as_string());
    }
    std::int64_t number(std::string_view pointer) const {
        return json().at_pointer({pointer.data(), pointer.size()}).as_int64();
    }
    /// `bad_request` of `/problems/bad_request`; empty if this is not a problem.
    std::string problem() const {
        if (field("content-type") != "application/problem+json") return {};
        return text("/type").substr(std::string_view("/problems/").size());
    }
};

/// What a client's bytes go through, if not straight to its socket.
struct byte_link {
    virtual ~byte_link() = default;
    /// As `::send` and `::recv` of a blocking socket.
    virtual ssize_t send(const char* bytes, std::size_t size) = 0;
    virtual ssize_t receive(char* room, std::size_t size) = 0;
    virtual void half_close() = 0;
};

/// A blocking TCP client that hides nothing of the wire. Gives up after 20 s without a byte.
class raw_client {
public:
    raw_client()
        : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval silence_max{20, 0};
        const int on = 1;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &silence_max, sizeof silence_max);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &silence_max, sizeof silence_max);
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    explicit raw_client(std::uint16_t port)
        : raw_client() {
        connect(port);
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() { close(); }

    void connect(std::uint16_t port) {
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(port);
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0)
            throw std::runtime_error("connect");
        authority_ = "127.0.0.1:" + std::to_string(port);
    }
    const std::string& authority() const noexcept { return authority_; }
    int descriptor() const noexcept { return descriptor_; }

    /// Has what follows go through a link, which is made by the first byte that needs it.
    void use_link(std::function<std::unique_ptr<byte_link>(int descriptor)> make) { make_link_ = std::move(make); }
    /// What a new client has made its links by; empty: it has none.
    static inline std::function<std::unique_ptr<byte_link>(int descriptor)> make_link_by_default;

    /// True if all of it was taken.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = has_link() ? link_->send(bytes.data(), bytes.size())
                                          : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    /// Waits until something can be received, which is left where it is.
    void await_bytes() {
        if (has_link()) {
            pollfd waits{descriptor_, POLLIN, 0};
            if (::poll(&waits, 1, 20'000) != 1) throw std::runtime_error("nothing was received");
            return;
        }
        char byte = 0;
        if (::recv(descriptor_, &byte, 1, MSG_PEEK) <= 0) throw std::runtime_error("nothing was received");
    }
    void half_close() {
        if (has_link()) link_->half_close();
        ::shutdown(descriptor_, SHUT_WR);
    }
    void close() {
        make_link_ = {};
        link_.reset();
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    /// Before `connect`: a receive buffer that soon is full.
    void receive_little() {
        const int bytes = 4096;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
    /// Before `connect`: comes from this address, `127.0.0.2` say.
    void come_from(const char* address) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        ::inet_pton(AF_INET, address, &here.sin_addr);
        if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) throw std::runtime_error("bind");
    }
    /// Closes so that the server sees a reset.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }

    /// A request with Host, and with a Content-Length if there is a body.
    static std::string request_to(const std::string& authority, std::string_view method, std::string_view target,
                                  std::string_view body = {}, std::string_view more_fields = {}) {
        std::string text;
        text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
        text.append(more_fields);
        if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        return text.append("\r\n").append(body);
    }
    std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                        std::string_view more_fields = {}) const {
        return request_to(authority_, method, target, body, more_fields);
    }
    wire_reply ask(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view more_fields = {}) {
        send(request(method, target, body, more_fields));
        return receive(method == "HEAD");
    }

    /// The next response; status 0 if the connection ended instead. A body is read if the headers promise one.
    wire_reply receive(bool head_only = false) {
        wire_reply reply;
        const auto end = fill_until("\r\n\r\n");
        if (end == std::string::npos) return reply;
        reply.head = buffer_.substr(0, end);
        buffer_.erase(0, end + 4);
        reply.status = std::stoi(reply.head.substr(9, 3));
        parse_fields(reply);
        if (head_only || !reply.has("content-length")) return reply;
        const auto length = std::stoul(reply.field("content-length"));
        while (buffer_.size() < length)
            if (!fill()) return wire_reply{};
        reply.body = buffer_.substr(0, length);
        buffer_.erase(0, length);
        return reply;
    }
    /// Everything until the server ends the connection, as it came.
    std::string receive_all() {
        while (fill()) {
        }
        return std::exchange(buffer_, {});
    }
    /// True if the server ends the connection without another byte.
    bool ends() { return buffer_.empty() && !fill() && ended_; }

private:
    bool fill() {
        char bytes[16384];
        const auto count =
            has_link() ? link_->receive(bytes, sizeof bytes) : ::recv(descriptor_, bytes, sizeof bytes, 0);
        if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
        ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
        return count > 0;
    }
    // Two threads may use a client, one for each direction.
    bool has_link() {
        if (!make_link_) return false;
        std::call_once(link_made_, [this] { link_ = make_link_(descriptor_); });
        return true;
    }
    std::string::size_type fill_until(std::string_view mark) {
        for (;;) {
            if (const auto at = buffer_.find(mark); at != std::string::npos) return at;
            if (!fill()) return std::string::npos;
        }
    }
    static void parse_fields(wire_reply& reply) {
        for (auto at = reply.head.find("\r\n"); at != std::string::npos;) {
            const auto next = reply.head.find("\r\n", at + 2);
            const auto line = reply.head.substr(at + 2, next == std::string::npos ? next : next - at - 2);
            auto name = line.substr(0, line.find(": "));
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
            reply.fields[name] = line.substr(line.find(": ") + 2);
            at = next;
        }
    }

    int descriptor_;
    std::function<std::unique_ptr<byte_link>(int descriptor)> make_link_ = make_link_by_default;
    std::once_flag link_made_;
    std::unique_ptr<byte_link> link_;
    std::string authority_;
    std::string buffer_;
    bool ended_ = false;
};

}  // namespace carrel::testing
