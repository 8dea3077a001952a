#include "siem/event_page.hpp"

#include "resource/listing.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace carrel::siem {

void event_page::add(const event_place& at, entry event) {
    if (!takes(at)) return;
    bytes_ += event.json.size();
    kept_.emplace(at, std::move(event));
    while (kept_.size() > events_max_ + 1) drop_last();
    trim();
}

std::vector<std::pair<event_place, event_page::entry>> event_page::unwritten() const {
    std::vector<std::pair<event_place, entry>> list;
    for (const auto& [at, event] : kept_)
        if (event.json.empty()) list.emplace_back(at, event);
    std::sort(list.begin(), list.end(), [](const auto& one, const auto& other) {
        return std::tie(one.second.segment, one.second.event) < std::tie(other.second.segment, other.second.event);
    });
    return list;
}

void event_page::write(const event_place& at, std::string json) {
    const auto found = kept_.find(at);
    if (found == kept_.end()) return;
    bytes_ += json.size();
    found->second.json = std::move(json);
    trim();
}

void event_page::drop_last() {
    const auto last = std::prev(kept_.end());
    bytes_ -= last->second.json.size();
    kept_.erase(last);
}

// A page ends once it is this long, so what stands behind that many bytes is never answered.
void event_page::trim() {
    while (kept_.size() > 1 && bytes_ - kept_.rbegin()->second.json.size() >= page_bytes_max) {
        drop_last();
        was_cut_ = true;
    }
}

}  // namespace carrel::siem
