#pragma once

#include "base/words.hpp"
#include "query/json_path.hpp"
#include "siem/event_intake.hpp"

namespace carrel::siem {

/// Turns the text of one event into what is stored of it: its columns, by the mappings of docs/events.md, and the words to search.
/// Reused between events; not thread-safe.
class event_reader {
public:
    static constexpr std::size_t depth_max = 256;

    /// `refused` is valid JSON that cannot be an event: another type, nested too deep, too many words.
    enum class verdict { accepted, refused, broken };

    /// Fills all of `into` but its id. `text` has no white space around it. Unless it is accepted, `why()` says why not.
    verdict read(std::string_view text, timestamp received_at, new_event& into);
    const std::string& why() const noexcept { return why_; }
    /// Whether the event accepted last told no time: it has that of its receipt.
    bool was_untimed() const noexcept { return untimed_; }

private:
    word_list words_;
    std::string scratch_;
    std::string why_;
    query::json_path path_;
    bool untimed_ = false;
};

}  // namespace carrel::siem
