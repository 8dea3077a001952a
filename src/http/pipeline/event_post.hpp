#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/inflater.hpp"
#include "siem/event_intake.hpp"

#include <carrel/database.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

/// One streamed `POST /events`: bytes from the wire become parts, parts become writes, one at a time and in order.
///
/// While a part is being written at most one further part is made; then `wants_bytes` is false and the connection stops
/// reading. Touched only by the shard's thread, but for the part under way, which the writer reads.
class event_post {
public:
    event_post(exchange& ex, bool is_ndjson, bool is_gzip);

    /// Bytes of the body, dechunked. They are kept until `pump`.
    void take(std::string_view bytes) { raw_.append(bytes); }
    /// The body is complete, or was cut off half-way.
    void end(bool cut) noexcept;
    bool wants_bytes() const noexcept { return raw_at_ == raw_.size() && !is_full() && !failed_; }

    /// Goes on as far as it can. May answer the exchange; it does not tell the owner, who asks `exchange::at`.
    void pump();

private:
    struct failure {
        refusal why = refusal::bad_request;
        siem::problem told;
        std::optional<error> engine;  // instead of the above
    };
    struct store_work;

    bool is_full() const noexcept { return writing_ && next_part_.has_value(); }
    bool advance();
    void write_next();
    void feed_some();
    void feed(std::string_view bytes);
    void finish_intake();
    void stored(result<committed<siem::stored_part>> outcome);
    void fail(refusal why, std::string detail);
    void conclude();
    void conclude_failed();

    exchange* ex_;
    siem::event_intake intake_;
    std::optional<inflater> inflater_;
    std::string raw_;  // as received
    std::size_t raw_at_ = 0;
    bool is_inflating_ = false;  // the inflater may hold more output
    std::uint64_t unpacked_ = 0;
    bool ended_ = false;
    bool cut_ = false;
    bool intake_finished_ = false;
    std::optional<siem::event_part> next_part_;
    std::optional<siem::event_part> writing_;  // read by the writer until its job comes home
    std::optional<failure> failed_;
};

}  // namespace carrel::http
