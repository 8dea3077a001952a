#pragma once

#include "http/protocol/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carrel::http {

/// A request's body that is worked on while it comes. Touched only by the shard's thread.
class body_stream {
public:
    enum class end_reason { complete, cut_off, too_slow, no_room };
    enum class progress { waits, yielded };

    body_stream() = default;
    body_stream(const body_stream&) = delete;
    body_stream& operator=(const body_stream&) = delete;
    virtual ~body_stream() = default;

    static end_reason end_reason_of(refusal why) noexcept {
        if (why == refusal::overloaded) return end_reason::no_room;
        return why == refusal::request_timeout ? end_reason::too_slow : end_reason::cut_off;
    }
    /// Bytes of the body, dechunked. They are kept until `pump`.
    virtual void take(std::string_view bytes) = 0;
    /// No more bytes come.
    virtual void end(end_reason why) noexcept = 0;
    virtual bool wants_bytes() const noexcept = 0;
    /// The memory that it needs from now on, when so many bytes have come.
    virtual std::size_t room_for(std::uint64_t seen) const noexcept = 0;
    /// Goes on as far as it can for about a millisecond; `yielded` says that it could go on at once. May answer the
    /// exchange; it does not notify the owner, which looks at `exchange::is_done`.
    virtual progress pump() = 0;
    bool has_yielded() const noexcept { return has_yielded_; }
    /// The connection has gone and no job is under way. True if a job was begun that cleans up: the exchange is retired
    /// after it.
    virtual bool abandon() { return false; }

protected:
    bool has_yielded_ = false;
};

}  // namespace carrel::http
