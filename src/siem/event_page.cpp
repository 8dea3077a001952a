#include "siem/event_page.hpp"

#include "resource/listing.hpp"

#include <iterator>

namespace carrel::siem {

void event_page::add(const event_place& at, entry event) {
    if (!takes(at)) return;
    bytes_ += event.json.size();
    kept_.emplace(at, std::move(event));
    const auto drop_last = [this] {
        const auto last = std::prev(kept_.end());
        bytes_ -= last->second.json.size();
        kept_.erase(last);
    };
    while (kept_.size() > events_max_ + 1) drop_last();
    // A page ends once it is this long, so what stands behind that many bytes is never written.
    while (kept_.size() > 1 && bytes_ - kept_.rbegin()->second.json.size() >= page_bytes_max) {
        drop_last();
        was_cut_ = true;
    }
}

}  // namespace carrel::siem
