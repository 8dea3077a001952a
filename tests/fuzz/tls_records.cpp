#include "fuzz.hpp"
#include "http/net/peer_stream.hpp"
#include "tls_keys.hpp"

#include <openssl/ssl.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace {

using namespace carrel;

std::shared_ptr<http::tls_acceptor> make_acceptor() {
    char directory[] = "/tmp/carrel-fuzz-XXXXXX";
    fuzz::must(::mkdtemp(directory) != nullptr, "there is a directory for the key");
    const auto file = [&](const char* name) { return std::string(directory) + "/" + name; };
    std::ofstream(file("key")) << fuzz::tls_key;
    std::ofstream(file("certificate")) << fuzz::tls_certificate;
    auto made = http::tls_acceptor::open({file("certificate"), file("key"), {}, http::tls_version::tls_1_2});
    ::unlink(file("key").c_str());
    ::unlink(file("certificate").c_str());
    ::rmdir(directory);
    fuzz::must(made.has_value(), "the key can be used");
    return *made;
}

// A server's stream over a pair of sockets, driven as a connection drives it.
class served_stream {
public:
    explicit served_stream(http::tls_acceptor& acceptor)
        : served_stream(make_pair(), acceptor) {}
    ~served_stream() { ::close(client_); }

    /// The client's socket takes the bytes; the server does what it can with them.
    void feed(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
            turn();
            if (sent <= 0 && (is_over || !taken())) return;  // who has gone reads nothing more
        }
    }
    void end() {
        ::shutdown(client_, SHUT_WR);
        turn();
    }
    /// What the server has sent.
    std::string answered() {
        std::string all(1u << 16, '\0');
        const auto count = ::recv(client_, all.data(), all.size(), MSG_DONTWAIT);
        all.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return all;
    }

    http::handshake outcome = http::handshake::unfinished;
    std::string received;
    bool is_over = false;

private:
    struct ends {
        int server, client;
    };
    static ends make_pair() {
        int made[2];
        fuzz::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, made) == 0, "there is a pair of sockets");
        return {made[0], made[1]};
    }
    served_stream(ends pair, http::tls_acceptor& acceptor)
        : client_(pair.client),
          stream_(pair.server, &acceptor) {}

    bool taken() { return stream_.may_receive(); }

    // An edge of the poller, and all that it allows.
    void turn() {
        stream_.note(EPOLLIN | EPOLLOUT);
        char room[512];
        for (int steps = 0; !is_over && stream_.may_receive(); ++steps) {
            fuzz::must(steps < 100'000, "no step is taken for nothing");
            if (!stream_.is_ready()) {
                outcome = stream_.step_handshake();
                is_over = outcome == http::handshake::failed || outcome == http::handshake::plain;
                continue;
            }
            const auto got = stream_.receive(room);
            fuzz::must(got.count <= sizeof room, "there is room for what was received");
            fuzz::must((got.status == http::io_status::done) == (got.count > 0), "a count is of bytes");
            received.append(room, got.count);
            is_over = got.status == http::io_status::ended || got.status == http::io_status::failed;
        }
        if (!is_over) return;
        if (stream_.is_ready() && outcome == http::handshake::done) stream_.shutdown_send();
        stream_.close();
    }

    int client_;
    http::peer_stream stream_;
};

using client_session = std::unique_ptr<SSL, void (*)(SSL*)>;

client_session make_client() {
    static const auto* context = SSL_CTX_new(TLS_client_method());
    client_session made(SSL_new(const_cast<SSL_CTX*>(context)), SSL_free);
    SSL_set_bio(made.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(made.get());
    return made;
}

std::string taken_from(SSL* client) {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(client)), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(client), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void connect(SSL* client, served_stream& server) {
    for (int i = 0; i < 8 && server.outcome != http::handshake::done; ++i) {
        SSL_do_handshake(client);
        server.feed(taken_from(client));
        const auto back = server.answered();
        BIO_write(SSL_get_rbio(client), back.data(), static_cast<int>(back.size()));
    }
    fuzz::must(server.outcome == http::handshake::done, "an honest client is served");
}

void read_from_strangers(http::tls_acceptor& acceptor, std::string_view bytes, std::size_t piece) {
    served_stream server(acceptor);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) server.feed(bytes.substr(0, piece));
    server.end();
    fuzz::must(server.outcome != http::handshake::done, "nobody gets in without a key exchange");
    fuzz::must(server.received.empty(), "nothing is received of who is not in");
}

// The records of a client that is in, and behind them bytes of someone else.
void read_from_a_client(http::tls_acceptor& acceptor, std::string_view bytes) {
    served_stream server(acceptor);
    const auto client = make_client();
    connect(client.get(), server);
    std::string sent;
    for (auto rest = bytes; !rest.empty();) {
        const auto size = std::min<std::size_t>(rest.size(), 1 + static_cast<unsigned char>(rest.front()));
        if (rest.front() == 'K') SSL_key_update(client.get(), SSL_KEY_UPDATE_REQUESTED);
        SSL_write(client.get(), rest.data(), static_cast<int>(size));
        sent.append(rest.substr(0, size));
        rest.remove_prefix(size);
        if (rest.size() % 3 == 0) server.feed(taken_from(client.get()));
    }
    server.feed(taken_from(client.get()));
    fuzz::must(server.received == sent, "what a client sends is received");
    server.feed(bytes);
    server.end();
    fuzz::must(server.received == sent, "what someone else sends is not");
}

}  // namespace

// TLS: the records of strangers get nobody in, and those of a client are received as they were sent.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto acceptor = make_acceptor();
    const auto bytes = fuzz::text_of(data, size);
    if (size > 0 && data[0] >= 0xf0) read_from_a_client(*acceptor, bytes.substr(1));
    else read_from_strangers(*acceptor, bytes, 1 + size % 97 * (size % 2));
    return 0;
}
