#pragma once

#include "query/tokens.hpp"
#include "siem/event_mapping.hpp"
#include "siem/event_parts.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace carrel::siem {

/// Turns the text of one event into what is stored beside it: columns by the mappings of docs/events.md, and tokens.
/// Reused between events; not thread-safe.
class event_reader {
public:
    static constexpr std::size_t depth_max = 256;

    /// `refused` is valid JSON that cannot be an event: another type, nested too deep.
    enum class verdict { accepted, refused, broken };

    /// What the member at this dotted path holds is an event's identity; empty: nothing is.
    void take_identity(std::string path) { identity_path_ = std::move(path); }
    /// Events are envelopes: a member of their `event` counts as if it stood beside it, and their `time` before all others.
    void read_envelopes(bool are_envelopes) noexcept { are_envelopes_ = are_envelopes; }

    /// What gives the columns their values, instead of the builtin mappings.
    void use(std::shared_ptr<const event_mappings> mappings) noexcept { mappings_ = std::move(mappings); }

    /// Fills `into` anew. `text` has no white space around it. Unless it is accepted, `why()` says why not.
    verdict read(std::string_view text, timestamp received_at, new_event& into);
    const std::string& why() const noexcept { return why_; }
    /// Whether the event accepted last has no time of its own: it has that of its receipt.
    bool was_untimed() const noexcept { return untimed_; }

private:
    query::token_buffers buffers_;
    std::shared_ptr<const event_mappings> mappings_;  // null: the builtin ones
    std::string identity_path_;
    std::string why_;
    bool are_envelopes_ = false;
    bool untimed_ = false;
};

}  // namespace carrel::siem
