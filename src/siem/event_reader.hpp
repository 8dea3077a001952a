#pragma once

#include "query/json_path.hpp"
#include "siem/event_intake.hpp"

namespace carrel::siem {

/// Turns the text of one event into what is stored beside it, by the mappings of docs/events.md.
/// Reused between events; not thread-safe.
class event_reader {
public:
    static constexpr std::size_t depth_max = 256;

    /// `refused` is valid JSON that cannot be an event: another type, nested too deep.
    enum class verdict { accepted, refused, broken };

    /// Fills `into` anew. `text` has no white space around it. Unless it is accepted, `why()` says why not.
    verdict read(std::string_view text, timestamp received_at, new_event& into);
    const std::string& why() const noexcept { return why_; }
    /// Whether the event accepted last told no time: it has that of its receipt.
    bool was_untimed() const noexcept { return untimed_; }

private:
    std::string scratch_;
    std::string why_;
    query::json_path path_;
    bool untimed_ = false;
};

}  // namespace carrel::siem
