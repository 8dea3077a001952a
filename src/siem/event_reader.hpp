#pragma once

#include "query/tokens.hpp"
#include "siem/event_intake.hpp"

namespace carrel::siem {

/// Turns the text of one event into what is stored beside it: columns by the mappings of docs/events.md, and tokens.
/// Reused between events; not thread-safe.
class event_reader {
public:
    static constexpr std::size_t depth_max = 256;

    /// `refused` is valid JSON that cannot be an event: another type, nested too deep.
    enum class verdict { accepted, refused, broken };

    /// Fills `into` anew. `text` has no white space around it. Unless it is accepted, `why()` says why not.
    verdict read(std::string_view text, timestamp received_at, new_event& into);
    const std::string& why() const noexcept { return why_; }
    /// Whether the event accepted last has no time of its own: it has that of its receipt.
    bool was_untimed() const noexcept { return untimed_; }

private:
    query::token_buffers buffers_;
    std::string why_;
    bool untimed_ = false;
};

}  // namespace carrel::siem
