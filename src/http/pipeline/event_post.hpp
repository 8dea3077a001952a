#pragma once

#include "base/unpacker.hpp"
#include "http/pipeline/admission.hpp"
#include "http/pipeline/body_stream.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/protocol/content_coding.hpp"
#include "shippers/protocol.hpp"
#include "siem/event_intake.hpp"

#include <carrel/database.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::http {

/// One streamed `POST /events`: bytes from the wire become parts, parts become writes, one at a time and in order.
///
/// While a part is being written at most one further part is made; then `wants_bytes` is false and the connection stops
/// reading. A shipper sends the whole again when it is refused, so its parts wait for the end and are written together:
/// all of them or none. Touched only by the shard's thread, but for the part under way, which the writer reads.
class event_post final : public body_stream {
public:
    /// `shipper` is the body if that writes the reply, too.
    event_post(exchange& ex, std::unique_ptr<siem::event_body> body, siem::intake_options options,
               content_coding coding, const shippers::shipper_body* shipper = nullptr);

    void take(std::string_view bytes) override;
    void end(end_reason why) noexcept override;
    bool wants_bytes() const noexcept override { return !has_input() && !is_full() && !failed_; }
    std::size_t room_for(std::uint64_t seen) const noexcept override { return stream_room(seen); }
    progress pump() override;

private:
    struct failure {
        refusal why = refusal::bad_request;
        siem::problem problem;
        std::optional<error> engine;  // instead of the above
    };
    struct store_work;

    bool is_writing() const noexcept { return !writing_.empty(); }
    bool is_full() const noexcept { return is_writing() && next_part_.has_value(); }
    bool has_input() const noexcept { return raw_at_ < raw_.size() || is_unpacking_ || has_more_; }
    bool advance();
    void take_part();
    void write_next();
    void send_parts();
    void feed_some();
    void feed(std::string_view& bytes);
    bool is_within_bounds();
    void finish_intake();
    void stored(result<committed<std::vector<siem::stored_part>>> outcome);
    void fail(refusal why, std::string detail);
    void conclude();
    void conclude_shipper();
    void conclude_failed();
    void count_rejected() noexcept;

    exchange* ex_;
    siem::event_intake intake_;
    const shippers::shipper_body* shipper_ = nullptr;  // the intake's body, if it writes the reply
    std::unique_ptr<base::unpacker> unpacker_;
    std::string raw_;  // as received
    std::size_t raw_at_ = 0;
    std::string_view unpacked_rest_;  // of the unpacker's last step: not cut yet
    bool is_unpacking_ = false;       // the unpacker may hold more output
    bool has_more_ = false;           // the intake may cut more from what it was given
    std::uint64_t unpacked_ = 0;
    std::uint64_t packed_ = 0;
    std::size_t events_ = 0;       // in the parts made
    std::size_t store_bytes_ = 0;  // of them
    std::optional<end_reason> ended_;
    bool intake_finished_ = false;
    std::optional<siem::event_part> next_part_;
    std::vector<siem::event_part> kept_;     // a shipper's, until its body has ended
    std::vector<siem::event_part> writing_;  // read by the writer until its job comes home
    std::optional<failure> failed_;
};

}  // namespace carrel::http
