#pragma once

#include "http/pipeline/body_stream.hpp"
#include "http/pipeline/exchange.hpp"
#include "siem/uploads.hpp"

#include <carrel/database.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::http {

/// One streamed upload: bytes from the wire become chunks of a blob, a job for some and in order, and the operation's own write
/// makes of them what others see.
///
/// While chunks are written the next are filled; then `wants_bytes` is false and the connection stops reading. What is refused or
/// cut off is given up, so that nothing of it stays. Touched only by the shard's thread, but for the chunks under way, which the
/// writer reads, and the upload while the operation's write runs.
class upload_post final : public body_stream {
public:
    /// What one upload holds at a time, however long it is: what is filled, what is written, and what was received.
    static constexpr std::size_t held_bytes_max = 3 * siem::upload::job_bytes;

    /// `call::parsed` is the upload.
    explicit upload_post(exchange& ex) noexcept
        : ex_(&ex) {}

    void take(std::string_view bytes) override;
    void end(end_reason why) noexcept override { ended_ = why; }
    bool wants_bytes() const noexcept override { return !has_input() && !of().has_chunks() && !failed_; }
    std::size_t room_for(std::uint64_t seen) const noexcept override;
    progress pump() override;
    bool abandon() override;

private:
    struct failure {
        refusal why = refusal::bad_request;
        siem::problem problem;
        std::optional<error> engine;  // instead of the above
    };
    struct chunk_work;
    struct final_work;

    siem::upload& of() const noexcept { return static_cast<siem::upload&>(*ex_->request.call.parsed); }
    bool has_input() const noexcept { return raw_at_ < raw_.size(); }
    bool advance();
    bool start_next_job();
    void feed_some();
    void finish_body();
    void check_admission();
    void send_chunks();
    void send_final();
    void give_up();
    void admission_checked(const result<void>& outcome);
    void chunks_stored(const result<committed<std::int64_t>>& outcome);
    void final_done(const result<committed<void>>& outcome);
    void job_over();
    void fail(refusal why, std::string detail);
    void fail(siem::problem why);
    void fail(const error& why);
    void conclude_failed();

    exchange* ex_;
    std::string raw_;  // as received
    std::size_t raw_at_ = 0;
    std::string writing_;  // chunks that the writer reads until its job comes home, and when they were sent to it
    siem::timestamp written_at_ = 0;
    std::optional<end_reason> ended_;
    bool is_admission_checked_ = false;  // whether the file would be taken
    bool is_finished_ = false;           // all of the body is in the upload
    bool is_adopted_ = false;            // the blob belongs to a record, or is given up
    std::optional<failure> failed_;
};

}  // namespace carrel::http
