#pragma once

#include "http/net/connection_states.hpp"
#include "http/net/peer.hpp"
#include "http/net/peer_stream.hpp"
#include "http/net/poller.hpp"
#include "http/net/timeouts.hpp"
#include "http/pipeline/authentication.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

class shard_loop;

/// One client: bytes to requests, responses to bytes. Requests are answered in the order they came; safe ones run side by
/// side, a mutation or a read whose response may be long runs alone.
///
/// Touched only by its shard's thread. It holds no buffer while idle: bytes are received into the shard's, and only what
/// cannot be used at once is kept. After `close` it lives until the shard retires it, so calls on the way still find it.
class connection final : public pollable, public exchange_owner, private request_sink {
public:
    connection(shard_loop& shard, const accepted_socket& socket) noexcept;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void on_events(std::uint32_t events) override;
    void exchange_done(exchange& done) override;
    void exchange_advanced(exchange& advanced) override;
    void exchange_continued(exchange& continued) override;

    /// What `shard_loop::defer` requested.
    void after_turn();
    /// One step of TLS's handshake; what `shard_loop::queue_handshake` requested.
    void step_handshake();
    /// Ends what the peer is too slow with.
    void sweep(steady_time now);
    /// Answers what has arrived; the last response says `Connection: close`.
    void begin_drain();
    /// The time in which late requests are still taken is over: closes if idle, refuses half a header section.
    void end_drain_grace();
    /// Sends one response that is not the answer to a request, and closes once the peer has read it. The response must
    /// live as long as the connection.
    void turn_away(std::string_view response);
    /// Closes if it is idle and nothing has arrived. True if it did.
    bool give_way();
    void close();

    bool is_closed() const noexcept { return state_.sending == sending::closed; }
    const peer_address& peer() const noexcept { return peer_; }
    int descriptor() const noexcept { return stream_.descriptor(); }

    // Link in the shard's list of connections.
    connection* previous = nullptr;
    connection* next = nullptr;
    bool is_deferred = false;
    bool is_in_handshake_queue = false;
    bool is_turned_away = false;

private:
    // What throws in a step (memory, in all likelihood) costs this connection only.
    template <class Step>
    void guarded(Step&& step) {
        try {
            step();
        } catch (const std::exception& e) {
            give_up(e.what());
        }
    }
    void give_up(std::string_view why) noexcept;
    void on(connection_event event) noexcept { state_ = after(state_, event); }
    void take_events(std::uint32_t events);
    void take_turn();
    void drive();
    void settle();
    bool is_idle() const noexcept;

    // Requests (connection_requests.cpp).
    bool parse_kept();
    std::size_t consume(std::string_view bytes);
    bool begin_request(std::string_view& bytes);
    void after_put(std::string_view rest);
    void complete_request();
    void cut_request(refusal why, std::string_view detail);
    void enqueue_current();
    void launch(exchange& ex);
    void complete();
    void advance_stream();
    bool may_parse() const noexcept;
    void on_head(const request_head& head) override;
    void on_body(std::string_view bytes) override;

    // Receiving and leaving (connection_receive.cpp).
    bool receive();
    void settle_end_of_input();
    void look_for_peer();
    void end_slow_request();
    void watch_sending(steady_time now);
    void linger();

    // The handshake of TLS (connection_handshake.cpp).
    void run_handshake_step();
    void begin_requests();

    // Sending (connection_send.cpp).
    bool flush();
    void append_responses(std::string& out);
    bool append_stream(std::string& out, exchange& ex);
    exchange& take_first();
    void send_now(std::string_view bytes);
    void send_more();
    void begin_linger();
    void keep_unsent(std::string_view bytes);
    void drop_unsent() noexcept;

    shard_loop* shard_;
    peer_stream stream_;
    peer_address peer_;
    kept_credential credential_;
    bool is_proxied_;
    connection_state state_;

    // The request on its way in.
    std::optional<request_parser> parser_;
    exchange* current_ = nullptr;
    std::string kept_;  // received, not used yet
    std::size_t kept_at_ = 0;

    // Requests received, in order: some running, some done.
    exchange* first_ = nullptr;
    exchange* last_ = nullptr;
    exchange* waiting_ = nullptr;  // a request that earlier ones hold up
    exchange* alone_ = nullptr;    // a mutation or a long read: nothing else is parsed until it is answered
    std::uint32_t pipelined_ = 0;
    std::uint32_t running_ = 0;
    std::uint32_t requests_ = 0;

    std::string_view last_response_;  // what is sent instead of answers, once there is a way to send it
    std::string unsent_;
    std::size_t unsent_at_ = 0;
    std::uint64_t queued_ = 0;  // bytes ever given to `send_now`

    receive_timer receive_timer_;
    send_timer send_timer_;
};

}  // namespace carrel::http
