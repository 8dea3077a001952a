#pragma once

#include "http/net/poller.hpp"
#include "http/net/timeouts.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

class shard_loop;

/// One socket: bytes to requests, replies to bytes. Requests are answered in the order they came; safe ones run side by
/// side, a mutation runs alone.
///
/// Touched only by its shard's thread. It holds no buffer while idle: bytes are received into the shard's, and only what
/// cannot be used at once is kept. After `close` it lives until the shard buries it, so calls on the way still find it.
class connection final : public pollable, public exchange_owner, private request_sink {
public:
    connection(shard_loop& home, int descriptor) noexcept;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void on_events(std::uint32_t events) override;
    void exchange_done(exchange& done) override;
    void exchange_advanced(exchange& advanced) override;

    /// What `shard_loop::defer` asked for.
    void after_turn();
    /// Closes if the peer was too slow.
    void sweep(steady_time now);
    /// Closes if idle; otherwise the last reply says `Connection: close`.
    void begin_drain();
    void close();
    bool is_closed() const noexcept { return descriptor_ < 0; }

    // Link in the shard's list of connections.
    connection* previous = nullptr;
    connection* next = nullptr;
    bool is_deferred = false;

private:
    template <class Step>
    void guarded(Step&& step);
    void take_events(std::uint32_t events);
    void take_done(exchange& done);
    void take_advanced(exchange& advanced);
    void take_turn();

    // Reading (connection.cpp).
    void drive();
    bool receive();
    bool parse_kept();
    std::size_t consume(std::string_view bytes);
    bool begin_request(std::string_view& bytes);
    void after_put(std::string_view rest);
    void complete_request();
    void cut_request(refusal why, std::string_view detail);
    void enqueue_current();
    void launch(exchange& ex);
    void pump_events();
    bool may_parse() const noexcept;
    bool is_idle() const noexcept;
    void settle();
    void settle_end_of_input();
    void cancel_reads();
    void on_head(const request_head& head) override;
    void on_body(std::string_view bytes) override;

    // Writing (connection_write.cpp).
    bool flush();
    bool append_replies(std::string& out);
    void send_now(std::string_view bytes);
    void write_more();
    void all_written();
    void begin_linger();
    void linger();

    shard_loop* home_;
    int descriptor_;

    // The request on its way in.
    std::optional<request_parser> parser_;
    exchange* current_ = nullptr;
    std::string kept_;  // received, not used yet
    std::size_t kept_at_ = 0;

    // Requests received, in order: some running, some done.
    exchange* first_ = nullptr;
    exchange* last_ = nullptr;
    std::uint32_t pipelined_ = 0;
    std::uint32_t running_ = 0;
    exchange* waiting_ = nullptr;  // a mutation that earlier requests hold up
    bool mutation_runs_ = false;
    std::uint32_t requests_ = 0;

    std::string unsent_;
    std::size_t unsent_at_ = 0;

    read_clock read_clock_;
    write_clock write_clock_;

    bool is_readable_ = false;    // told so, and not yet read until there was no more
    bool peer_has_shut_ = false;  // the end of input is behind what can be read
    bool at_end_ = false;         // the end of input was read
    bool input_is_over_ = false;  // no further request will be parsed
    bool wants_continue_ = false;
    bool closes_when_sent_ = false;
    bool is_lingering_ = false;
    bool is_driving_ = false;
    std::uint8_t turns_to_cancel_ = 0;
};

}  // namespace carrel::http
